#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/core/step.hpp"
#include "tests/support/plans.hpp"
#include "tests/support/words.hpp"

namespace drover::testing {

/// A scheduler core on a bench: feed it what happened, get its effects in words.
///
/// Wake-ups and, unless asked for, events of runs are left out of the words. Every step is followed
/// by broken_invariants(), which fails the process.
class SchedulerBench {
 public:
  static constexpr Epoch epoch = 7;

  SchedulerBench();
  explicit SchedulerBench(scheduler::State found) : state(std::move(found)) {}

  std::vector<std::string> step(const scheduler::Event& event);
  /// Everything saved so far is durable.
  std::vector<std::string> commit();
  std::vector<std::string> after(Duration time);  ///< Time passes, then TimeDue.

  std::vector<std::string> submit(std::uint8_t run, std::shared_ptr<const Plan> plan);
  std::vector<std::string> cancel(std::uint8_t run);
  /// The agent's next session, with that many slots of one cpu; then everything is committed, so it
  /// is welcomed.
  std::vector<std::string> join(std::uint8_t agent, std::uint32_t slots = 1,
                                std::vector<wire::LeaseReport> report = {});
  std::vector<std::string> hello(std::uint8_t agent, std::uint32_t slots = 1,
                                 std::vector<wire::LeaseReport> report = {});
  std::vector<std::string> results(std::uint8_t agent, LeaseId lease, Range items,
                                   std::vector<wire::ItemFailure> failures = {},
                                   float seconds_each = 10);
  std::vector<std::string> call_failed(std::uint8_t agent, LeaseId lease, Range call,
                                       std::vector<Range> rest = {}, Cause cause = Cause::Crash);
  std::vector<std::string> released(std::uint8_t agent, LeaseId lease, std::vector<Range> items);
  std::vector<std::string> heartbeat(std::uint8_t agent);
  std::vector<std::string> close(std::uint8_t agent);

  /// What the agent would report of a lease that the core knows.
  wire::LeaseReport report_of(LeaseId lease) const;
  scheduler::SessionId session_of(std::uint8_t agent) const;
  LeaseId lease(std::uint64_t number) const { return LeaseId{state.epoch, number}; }

  scheduler::State state;
  bool show_events = false;  ///< Also what runs are told for people to read.
  Instant now;
  scheduler::Effects effects;  ///< Of the last step, whole.

 private:
  std::map<std::uint8_t, std::uint64_t> sessions_;
  std::uint64_t clients_ = 0;
};

}  // namespace drover::testing
