#include "tests/sim/plants.hpp"

#include <algorithm>
#include <string>

namespace drover::sim {
namespace {

constexpr Planted plants[] = {
    {1, "no_fence", Plant::NoFence, "a result counts for whoever holds its items now"},
    {2, "acknowledge_before_commit", Plant::AcknowledgeBeforeCommit,
     "a result is answered before it is durable"},
    {3, "timers_not_rebuilt", Plant::TimersNotRebuilt,
     "after a restart the alarm is believed to be set"},
    {4, "forget_attempts", Plant::ForgetAttempts, "a restart forgets what items were charged with"},
    {5, "forget_counters", Plant::ForgetCounters, "a restart counts what is done from nothing"},
    {6, "wall_clock", Plant::WallClock, "durations are taken from a clock that people set"},
    {7, "blame_queued", Plant::BlameQueued, "a death is charged to items that only waited"},
    {8, "lost_keeps_leases", Plant::LostKeepsLeases, "a lost agent keeps its slots' leases"},
    {9, "late_result_after_cancel", Plant::LateResultAfterCancel,
     "a result counts after its run was cancelled"},
    {10, "end_with_retriable", Plant::EndWithRetriable,
     "a step ends while items wait to be tried again"},
    {11, "full_store_ignored", Plant::FullStoreIgnored,
     "a commit that a full disk refused is told as done"},
    {12, "never_send_again", Plant::NeverSendAgain,
     "a new session does not repeat what had no answer"},
    {13, "count_twice", Plant::CountTwice, "a repeated result counts again"},
    {14, "send_again_always", Plant::SendAgainAlways,
     "what has no answer is repeated with every heartbeat"},
    {15, "oversize_text", Plant::OversizeText, "an error's text may be longer than a message"},
    {16, "adopt_superseded_session", Plant::AdoptSupersededSession,
     "a late Hello of an older session replaces the newer one"},
    {17, "answer_stale_before_commit", Plant::AnswerStaleBeforeCommit,
     "a stale result is answered before what made it stale is durable"},
    {18, "adopt_granted_elsewhere", Plant::AdoptGrantedElsewhere,
     "a returning agent keeps items that others were granted"},
    {19, "retry_before_charge", Plant::RetryBeforeCharge,
     "an item is tried again before its charge is durable"},
    {20, "charge_twice", Plant::ChargeTwice, "one lease charges an item twice"},
    {21, "cancel_before_commit", Plant::CancelBeforeCommit,
     "a cancel is answered before it is durable"},
    {22, "blame_executed", Plant::BlameExecuted,
     "a lost agent is charged to what it had done and not told"},
};

}  // namespace

std::span<const Planted> all_plants() { return plants; }

const Planted* find_plant(std::string_view name) {
  const auto found = std::find_if(std::begin(plants), std::end(plants), [&](const Planted& each) {
    return each.name == name || std::to_string(each.number) == name;
  });
  return found == std::end(plants) ? nullptr : found;
}

}  // namespace drover::sim
