#include "scheduler/store/log_check.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "scheduler/store/checksum_vfs.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::size_t frame_bytes = frame_header_bytes + page_bytes;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

/// The running checksum of a log, over pairs of words in the byte order that the log's magic names.
struct Checksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool big = false;

  void add(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word(bytes, at) + second;
      second += word(bytes, at + 4) + first;
    }
  }
  bool is(std::string_view bytes, std::size_t at) const {
    return first == big_endian(bytes, at) && second == big_endian(bytes, at + 4);
  }

 private:
  std::uint32_t word(std::string_view bytes, std::size_t at) const {
    const std::uint32_t value = big_endian(bytes, at);
    return big ? value : __builtin_bswap32(value);
  }
};

/// A frame at the end of a transaction, of the log that `salts` names.
bool is_commit(std::string_view frame, std::string_view salts) {
  return frame.substr(8, 8) == salts && big_endian(frame, 4) != 0;
}

}  // namespace

bool log_has_lost_commits(const std::filesystem::path& log) {
  std::ifstream in(log, std::ios::binary);
  std::string header(header_bytes, '\0');
  if (!in.read(header.data(), static_cast<std::streamsize>(header.size()))) return false;

  Checksum checksum;
  checksum.big = (big_endian(header, 0) & 1U) != 0;
  checksum.add(std::string_view(header).substr(0, 24));
  bool intact = checksum.is(header, 24);
  std::string salts = header.substr(16, 8);

  int lost = 0;
  std::string frame(frame_bytes, '\0');
  for (bool first = true; in.read(frame.data(), static_cast<std::streamsize>(frame.size()));
       first = false) {
    const std::string_view bytes(frame);
    if (first && !intact) salts = bytes.substr(8, 8);  // the header's own cannot be trusted
    if (intact) {
      checksum.add(bytes.substr(0, 8));
      checksum.add(bytes.substr(frame_header_bytes));
      intact = bytes.substr(8, 8) == salts && checksum.is(bytes, 16);
    }
    if (!intact && is_commit(bytes, salts)) ++lost;
  }
  return lost > 1;
}

}  // namespace drover::scheduler
