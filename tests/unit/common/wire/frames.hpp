#pragma once

#include <functional>
#include <msgpack.hpp>
#include <string>
#include <string_view>

/// Frames as another program would write them: by the MessagePack library, not by our own writer.
namespace drover::wire::testing {

using Packer = msgpack::packer<msgpack::sbuffer>;
using Body = std::function<void(Packer&)>;

inline std::string packed(const Body& write) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  write(packer);
  return {buffer.data(), buffer.size()};
}

/// ["drover", version, kind, session, sequence, …]: what `body` holds follows as it is.
inline std::string frame(std::string_view kind, const std::string& body,
                         std::uint64_t version = 1) {
  return packed([&](Packer& out) {
           out.pack_array(6);
           out.pack("drover");
           out.pack(version);
           out.pack(std::string(kind));
           out.pack(7U);
           out.pack(1U);
         }) +
         body;
}
inline std::string frame(std::string_view kind, const Body& body) {
  return frame(kind, packed(body));
}

inline void bin(Packer& out, const std::string& bytes) {
  out.pack_bin(static_cast<std::uint32_t>(bytes.size()));
  out.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}
inline std::string little_endian(std::initializer_list<std::uint32_t> numbers) {
  std::string bytes;
  for (const auto number : numbers) {
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  }
  return bytes;
}

}  // namespace drover::wire::testing
