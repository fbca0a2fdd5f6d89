#include "common/wire/envelope.hpp"

#include "common/wire/envelope_codec.hpp"

namespace drover::wire {
namespace codec {
namespace {

bool read_head(Reader& in, Head& head) {
  std::uint32_t count = 0;
  std::string_view magic;
  std::string_view kind;
  constexpr auto any = std::numeric_limits<std::uint64_t>::max();
  if (!in.enter_array(count)) return false;
  if (count != 6) return in.refuse(fmt::format("an array of {}, expected one of 6", count));
  if (!in.read_text(magic)) return false;
  if (magic != "drover") return in.refuse("does not begin with \"drover\"");
  if (!in.read_unsigned(head.version, any) || !in.read_text(kind)) return false;
  head.kind = kind;
  return in.read_unsigned(head.envelope.session, any) &&
         in.read_unsigned(head.envelope.sequence, any);
}

}  // namespace

Result<Head> read_head(Reader& in) {
  Head head;
  if (read_head(in, head)) return head;
  in.within("not a message of Drover");
  return tl::unexpected(in.error());
}

Error wrong_version(const Head& head) {
  return {ErrorCode::Unsupported,
          fmt::format(
              "{:.64}: the sender speaks version {} of Drover's protocol, this program version {}; "
              "install the same release on both sides",
              head.kind, head.version, protocol_version)};
}

}  // namespace codec

Result<Head> read_head(std::string_view frame) {
  Reader in(frame);
  return codec::read_head(in);
}

// ------------------------------------------------------------------ agent and scheduler

template <>
struct BinaryFields<Argument> {
  static constexpr std::array<std::string_view, 1> names{"constant"};
};
template <>
struct BinaryFields<LogPart> {
  static constexpr std::array<std::string_view, 1> names{"bytes"};
};
template <>
struct EnumNames<Answered> {
  static constexpr std::array<std::pair<Answered, std::string_view>, 3> names{{
      {Answered::Results, "results"},
      {Answered::CallFailed, "call_failed"},
      {Answered::Chunk, "chunk"},
  }};
};

template <>
struct KindsOf<AgentMessage> {
  static constexpr std::array<std::string_view, 9> names{"hello",       "results",   "put_chunk",
                                                         "call_failed", "released",  "heartbeat",
                                                         "goodbye",     "get_chunk", "log_part"};
};
template <>
struct KindsOf<SchedulerMessage> {
  static constexpr std::array<std::string_view, 10> names{
      "welcome", "rejoin", "refused", "grant",      "revoke",
      "release", "answer", "chunk",   "log_wanted", "heartbeat_heard"};
};

template std::span<const std::string_view> kinds<AgentMessage>();
template std::string_view kind_of<AgentMessage>(const AgentMessage&);
template Result<std::string> encode<AgentMessage>(const Envelope&, const AgentMessage&);
template Result<Received<AgentMessage>> decode<AgentMessage>(std::string_view);
template std::span<const std::string_view> kinds<SchedulerMessage>();
template std::string_view kind_of<SchedulerMessage>(const SchedulerMessage&);
template Result<std::string> encode<SchedulerMessage>(const Envelope&, const SchedulerMessage&);
template Result<Received<SchedulerMessage>> decode<SchedulerMessage>(std::string_view);

}  // namespace drover::wire
