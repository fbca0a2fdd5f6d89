#include "agent/worker/messages.hpp"

#include "common/types/codec.hpp"

namespace drover::worker {
namespace {

template <class Message>
std::string write(const Message& message) {
  return std::visit(
      [](const auto& m) {
        std::string packet;
        encode(m.number, packet);
        encode(m, packet);
        return packet;
      },
      message);
}

template <class Message, std::size_t i = 0>
Result<Message> read_as(std::uint64_t number, std::string_view body) {
  if constexpr (i == std::variant_size_v<Message>) {
    return fail(ErrorCode::Invalid, fmt::format("no message has the number {}", number));
  } else {
    using Alternative = std::variant_alternative_t<i, Message>;
    if (Alternative::number != number) return read_as<Message, i + 1>(number, body);
    return decode<Alternative>(body).map([](Alternative m) { return Message(std::move(m)); });
  }
}

template <class Message>
Result<Message> read(std::string_view packet) {
  packed::Reader reader(packet);
  std::uint64_t number = 0;
  bool negative = false;
  if (!reader.read_int(number, negative) || negative) {
    return fail(ErrorCode::Invalid, "a message begins with its number");
  }
  return read_as<Message>(number, packet.substr(reader.position()));
}

}  // namespace

std::string packet_of(const FromWorker& message) { return write(message); }
std::string packet_of(const FromAgent& message) { return write(message); }
Result<FromWorker> read_from_worker(std::string_view packet) { return read<FromWorker>(packet); }
Result<FromAgent> read_from_agent(std::string_view packet) { return read<FromAgent>(packet); }

}  // namespace drover::worker
