#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/wire/envelope.hpp"

/// Throws bytes at the decoders of the wire, as every program does that can reach a port.
///
/// The first byte chooses: below the number of kinds, what follows is the body of that kind, so
/// that the fuzzer need not find the envelope again and again; else what follows is a whole frame.
namespace drover::wire {
namespace {

/// What was taken can be sent again, and is then taken again.
template <class Message>
void decode_as(std::string_view frame) {
  const auto received = decode<Message>(frame);
  if (!received) return;
  const auto again = encode(received->envelope, received->message);
  if (!again) std::abort();
  const auto once_more = decode<Message>(*again);
  if (!once_more || !(once_more->message == received->message)) std::abort();
}

template <class Message>
void add_kinds(std::vector<std::string_view>& all) {
  all.insert(all.end(), kinds<Message>().begin(), kinds<Message>().end());
}
std::vector<std::string_view> all_kinds() {
  std::vector<std::string_view> all;
  add_kinds<AgentMessage>(all);
  add_kinds<SchedulerMessage>(all);
  add_kinds<ClientRequest>(all);
  add_kinds<ClientReply>(all);
  return all;
}

/// ["drover", 1, kind, 7, 1, and then the body.
std::string head_of(std::string_view kind) {
  std::string head =
      "\x96\xa6"
      "drover"
      "\x01";
  head.push_back(static_cast<char>(0xa0U | kind.size()));
  head.append(kind);
  head.append("\x07\x01");
  return head;
}

}  // namespace
}  // namespace drover::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover::wire;
  static const auto known = all_kinds();
  if (size == 0) return 0;
  std::string frame = data[0] < known.size() ? head_of(known[data[0]]) : "";
  frame.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)read_head(frame);
  decode_as<AgentMessage>(frame);
  decode_as<SchedulerMessage>(frame);
  decode_as<ClientRequest>(frame);
  decode_as<ClientReply>(frame);
  return 0;
}
