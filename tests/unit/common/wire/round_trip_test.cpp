#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "generators.hpp"

namespace drover::wire {
namespace {

using testing::any;
using testing::any_message;

template <class Message>
void comes_back_as_it_was() {
  for (std::size_t kind = 0; kind < std::variant_size_v<Message>; ++kind) {
    const auto message = any_message<Message>(kind);
    const Envelope envelope{any<std::uint64_t>(), any<std::uint64_t>()};
    const auto frame = encode(envelope, message);
    RC_ASSERT(frame.has_value());
    const auto received = decode<Message>(*frame);
    if (!received) RC_FAIL(received.error().context);
    RC_ASSERT(received->envelope == envelope);
    RC_ASSERT(received->message == message);
    RC_ASSERT(read_head(*frame).value().kind == kinds<Message>()[kind]);
  }
}

RC_GTEST_PROP(RoundTrip, EveryMessageOfAnAgentComesBackAsItWas, ()) {
  comes_back_as_it_was<AgentMessage>();
}
RC_GTEST_PROP(RoundTrip, EveryMessageOfTheSchedulerComesBackAsItWas, ()) {
  comes_back_as_it_was<SchedulerMessage>();
}
RC_GTEST_PROP(RoundTrip, EveryRequestComesBackAsItWas, ()) {
  comes_back_as_it_was<ClientRequest>();
}
RC_GTEST_PROP(RoundTrip, EveryReplyComesBackAsItWas, ()) { comes_back_as_it_was<ClientReply>(); }

/// Converts to any field, so that aggregates tell how many they have.
struct Anything {
  template <class T>
  operator T() const;
};
template <class T, class... Fields>
constexpr std::size_t fields_of() {
  if constexpr (requires { T{Fields{}..., Anything{}}; }) {
    return fields_of<T, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}
template <class... Ts>
void all_are_described(const std::variant<Ts...>*) {
  const auto check = []<class T>(const T*) {
    EXPECT_EQ(fields_of<T>(), field_count<T>()) << struct_name<T>();
  };
  (check(static_cast<const Ts*>(nullptr)), ...);
}

TEST(Describing, LeavesOutNoFieldOfAMessage) {
  all_are_described(static_cast<AgentMessage*>(nullptr));
  all_are_described(static_cast<SchedulerMessage*>(nullptr));
  all_are_described(static_cast<ClientRequest*>(nullptr));
  all_are_described(static_cast<ClientReply*>(nullptr));
  using Parts = std::variant<SlotOffer, LeaseReport, ItemFailure, SlotProgress, RevokedItems,
                             ListArgument, Argument, Problem, StepStatus, FailureGroup, RunEvent,
                             RunRow, ItemRow, AttemptRow, Reason, SlotRow, AgentRow, TaskRow>;
  all_are_described(static_cast<Parts*>(nullptr));
}

TEST(Kinds, AreDifferentInAllDirections) {
  std::vector<std::string_view> all;
  for (const auto names : {kinds<AgentMessage>(), kinds<SchedulerMessage>(), kinds<ClientRequest>(),
                           kinds<ClientReply>()}) {
    all.insert(all.end(), names.begin(), names.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

}  // namespace
}  // namespace drover::wire
