#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "common/wire/codec.hpp"
#include "common/wire/envelope.hpp"

/// The templates behind envelope.hpp; the two sources that instantiate them include this.
namespace drover::wire {

/// The kinds of a variant, in the order of its alternatives. Stated by each instantiating source.
template <class Message>
struct KindsOf;

namespace codec {

/// Reads up to the body. Errors: Invalid where the bytes are not Drover's.
Result<Head> read_head(Reader& in);

/// Says which version the peer speaks, and which we do.
Error wrong_version(const Head& head);

template <class Message, std::size_t index = 0>
bool read_alternative(Reader& in, std::size_t wanted, Message& message) {
  if constexpr (index < std::variant_size_v<Message>) {
    if (index == wanted) return read(in, message.template emplace<index>());
    return read_alternative<Message, index + 1>(in, wanted, message);
  } else {
    return false;
  }
}

}  // namespace codec

template <class Message>
std::span<const std::string_view> kinds() {
  static_assert(KindsOf<Message>::names.size() == std::variant_size_v<Message>);
  return KindsOf<Message>::names;
}

template <class Message>
std::string_view kind_of(const Message& message) {
  return KindsOf<Message>::names[message.index()];
}

template <class Message>
Result<std::string> encode(const Envelope& envelope, const Message& message) {
  Writer out;
  const std::string_view kind = kind_of(message);
  out.begin_array(6);
  out.write_text("drover");
  out.write_unsigned(protocol_version);
  out.write_text(kind);
  out.write_unsigned(envelope.session);
  out.write_unsigned(envelope.sequence);
  out.enter(kind);
  std::visit([&](const auto& body) { codec::write(out, body); }, message);
  return std::move(out).finish();
}

template <class Message>
Result<Received<Message>> decode(std::string_view frame) {
  if (frame.size() > max_frame_bytes) {
    return fail(ErrorCode::TooLarge, fmt::format("a frame of {} bytes, at most {} are allowed",
                                                 frame.size(), max_frame_bytes));
  }
  Reader in(frame);
  const auto head = codec::read_head(in);
  if (!head) return tl::unexpected(head.error());
  if (head->version != protocol_version) return tl::unexpected(codec::wrong_version(*head));
  const auto known = kinds<Message>();
  const auto kind = std::ranges::find(known, std::string_view(head->kind));
  if (kind == known.end()) {
    return fail(ErrorCode::Unsupported,
                fmt::format("a message of the unknown kind '{:.64}'; known are {}", head->kind,
                            fmt::join(known, ", ")));
  }
  Received<Message> received;
  received.envelope = head->envelope;
  const auto index = static_cast<std::size_t>(kind - known.begin());
  if (!codec::read_alternative(in, index, received.message)) {
    in.within(*kind);
    return tl::unexpected(in.error());
  }
  in.leave();
  if (!in.at_end()) {
    in.refuse("bytes follow after the message");
    in.within(*kind);
    return tl::unexpected(in.error());
  }
  return received;
}

}  // namespace drover::wire
