#include "common/wire/envelope.hpp"
#include "common/wire/envelope_codec.hpp"

namespace drover::wire {

template <>
struct BinaryFields<LogText> {
  static constexpr std::array<std::string_view, 1> names{"bytes"};
};
template <>
struct EnumNames<ErrorCode> {
  static constexpr std::array<std::pair<ErrorCode, std::string_view>, 10> names{{
      {ErrorCode::Invalid, "invalid"},
      {ErrorCode::NotFound, "not_found"},
      {ErrorCode::Exists, "exists"},
      {ErrorCode::Unavailable, "unavailable"},
      {ErrorCode::TooLarge, "too_large"},
      {ErrorCode::Unsupported, "unsupported"},
      {ErrorCode::Failed, "failed"},
      {ErrorCode::Internal, "internal"},
      {ErrorCode::Full, "full"},
      {ErrorCode::Busy, "busy"},
  }};
};

template <>
struct KindsOf<ClientRequest> {
  static constexpr std::array<std::string_view, 13> names{
      "submit",       "cancel",  "rerun", "list_runs",   "show_run",   "wait", "list_items",
      "read_results", "explain", "log",   "list_agents", "list_tasks", "ping"};
};
template <>
struct KindsOf<ClientReply> {
  static constexpr std::array<std::string_view, 13> names{
      "submitted",   "rejected", "changed_tasks", "run_status", "runs", "items", "results_page",
      "explanation", "log_text", "agents",        "tasks",      "pong", "failed"};
};

template std::span<const std::string_view> kinds<ClientRequest>();
template std::string_view kind_of<ClientRequest>(const ClientRequest&);
template Result<std::string> encode<ClientRequest>(const Envelope&, const ClientRequest&);
template Result<Received<ClientRequest>> decode<ClientRequest>(std::string_view);
template std::span<const std::string_view> kinds<ClientReply>();
template std::string_view kind_of<ClientReply>(const ClientReply&);
template Result<std::string> encode<ClientReply>(const Envelope&, const ClientReply&);
template Result<Received<ClientReply>> decode<ClientReply>(std::string_view);

}  // namespace drover::wire
