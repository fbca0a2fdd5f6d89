#include "tests/support/scheduler_bench.hpp"

#include <fmt/ranges.h>

#include "common/check.hpp"

namespace drover::testing {

using namespace scheduler;

SchedulerBench::SchedulerBench() {
  state.epoch = epoch;
  step(Started{});
}

std::vector<std::string> SchedulerBench::step(const Event& event) {
  effects.clear();
  scheduler::step(state, event, now, effects);
  const auto problems = broken_invariants(state);
  CHECK(problems.empty(), "after {}: {}", words(event), fmt::join(problems, "; "));
  std::vector<std::string> all;
  for (const auto& effect : effects) {
    const auto* persist = std::get_if<Persist>(&effect);
    const bool event_of_run =
        persist != nullptr && std::holds_alternative<SaveEvent>(persist->save.what);
    if (std::holds_alternative<WakeAt>(effect) || (event_of_run && !show_events)) continue;
    all.push_back(words(effect));
  }
  return all;
}

std::vector<std::string> SchedulerBench::commit() { return step(Committed{state.next_seq - 1}); }

std::vector<std::string> SchedulerBench::after(Duration time) {
  now += time;
  state.alarm = now;  // As if the wake-up had been due now: the bench's own jumps are no stalls.
  return step(TimeDue{});
}

std::vector<std::string> SchedulerBench::submit(std::uint8_t run,
                                                std::shared_ptr<const Plan> plan) {
  return step(Submitted{
      ClientToken{++clients_}, run_id(run), spec_of("flow"), std::move(plan), std::nullopt, {}});
}

std::vector<std::string> SchedulerBench::cancel(std::uint8_t run) {
  return step(CancelRequested{ClientToken{++clients_}, run_id(run)});
}

std::vector<std::string> SchedulerBench::hello(std::uint8_t agent, std::uint32_t slots,
                                               std::vector<wire::LeaseReport> report) {
  wire::Hello hello;
  hello.session = ++sessions_[agent];
  hello.agent = agent_id(agent);
  hello.incarnation = 1;
  hello.name = words(hello.agent);
  for (std::uint32_t i = 0; i < slots; ++i)
    hello.slots.push_back(wire::SlotOffer{i, 1, 0, 1ULL << 30U});
  hello.tasks = task_texts();
  hello.report = std::move(report);
  return step(HelloReceived{std::move(hello)});
}

std::vector<std::string> SchedulerBench::join(std::uint8_t agent, std::uint32_t slots,
                                              std::vector<wire::LeaseReport> report) {
  hello(agent, slots, std::move(report));
  return commit();
}

SessionId SchedulerBench::session_of(std::uint8_t agent) const {
  return SessionId{1, sessions_.at(agent)};
}

std::vector<std::string> SchedulerBench::results(std::uint8_t agent, LeaseId lease, Range items,
                                                 std::vector<wire::ItemFailure> failures,
                                                 float seconds_each) {
  auto message = std::make_shared<wire::Results>();
  message->lease = lease;
  message->first = items.first;
  message->failures = std::move(failures);
  for (auto item = items.first; item < items.last; ++item) {
    const bool failed = std::any_of(message->failures.begin(), message->failures.end(),
                                    [&](const auto& failure) { return failure.item == item; });
    message->columns.push_back(failed ? "" : "\x2a");
    message->seconds.push_back(seconds_each);
  }
  return step(ResultsReceived{agent_id(agent), session_of(agent), message});
}

std::vector<std::string> SchedulerBench::call_failed(std::uint8_t agent, LeaseId lease, Range call,
                                                     std::vector<Range> rest, Cause cause) {
  return step(
      CallFailedReceived{agent_id(agent), session_of(agent),
                         wire::CallFailed{lease, call, std::move(rest), cause, "it died", 1}});
}

std::vector<std::string> SchedulerBench::released(std::uint8_t agent, LeaseId lease,
                                                  std::vector<Range> items) {
  return step(ReleasedReceived{agent_id(agent), session_of(agent),
                               wire::Released{lease, std::move(items)}});
}

std::vector<std::string> SchedulerBench::heartbeat(std::uint8_t agent) {
  return step(HeartbeatReceived{agent_id(agent), session_of(agent), {}});
}

std::vector<std::string> SchedulerBench::close(std::uint8_t agent) {
  return step(SessionClosed{agent_id(agent), session_of(agent), "broken"});
}

wire::LeaseReport SchedulerBench::report_of(LeaseId id) const {
  const Lease& lease = state.leases.at(id);
  const Step& step = state.runs.at(lease.step.run).steps.at(lease.step.step);
  return wire::LeaseReport{
      id, *step.opening, lease.step.run, lease.step.step, lease.slot, lease.items.ranges(), {}};
}

}  // namespace drover::testing
