#include "tests/support/agent_bench.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "common/check.hpp"

namespace drover::testing {
namespace {

std::vector<wire::SlotOffer> offers(std::uint32_t slots) {
  std::vector<wire::SlotOffer> all;
  for (std::uint32_t i = 0; i < slots; ++i) all.push_back(wire::SlotOffer{i, 1, 0, 1ULL << 30U});
  return all;
}

}  // namespace

AgentBench::AgentBench(std::uint32_t slots)
    : state(agent::make_state(agent_id(1), 1, "a1", offers(slots))) {}

AgentBench AgentBench::welcomed(std::uint32_t slots) {
  AgentBench bench(slots);
  bench.step(agent::Started{});
  for (std::uint32_t i = 0; i < slots; ++i) bench.ready(i);
  bench.welcome();
  return bench;
}

std::vector<std::string> AgentBench::step(const agent::Event& event) {
  effects.clear();
  agent::step(state, event, now, effects);
  const auto problems = agent::broken_invariants(state);
  CHECK(problems.empty(), "after {}: {}", words(event), fmt::join(problems, "; "));
  std::vector<std::string> all;
  for (const auto& effect : effects) {
    const bool dull = std::holds_alternative<agent::WakeAt>(effect) ||
                      std::holds_alternative<agent::SendHeartbeat>(effect);
    if (!dull) all.push_back(words(effect));
  }
  return all;
}

std::vector<std::string> AgentBench::after(Duration time) {
  now += time;
  return step(agent::TimeDue{});
}

std::vector<std::string> AgentBench::ready(std::uint32_t slot) {
  return step(agent::WorkerReady{slot, task_texts(), {}});
}

std::vector<std::string> AgentBench::welcome(Epoch epoch, std::vector<wire::RevokedItems> revoked) {
  return from_scheduler(wire::Welcome{state.session, epoch, std::move(revoked)});
}

std::vector<std::string> AgentBench::grant(LeaseId lease, Range items, std::uint32_t slot) {
  wire::Grant grant;
  grant.lease = lease;
  grant.opening = OpeningId{7, 1};
  grant.run = run_id(1);
  grant.task = "work";
  grant.signature = agent::versions_of(task_texts()).at("work").signature;
  grant.slot = slot;
  grant.items = items;
  return from_scheduler(std::move(grant));
}

std::vector<std::string> AgentBench::results(LeaseId lease, Range items, std::uint32_t slot,
                                             std::vector<wire::ItemFailure> failures) {
  auto message = std::make_shared<wire::Results>();
  message->lease = lease;
  message->first = items.first;
  message->failures = std::move(failures);
  for (auto item = items.first; item < items.last; ++item) message->columns.push_back("\x2a");
  return step(agent::WorkerResults{slot, std::move(message)});
}

std::vector<std::string> AgentBench::ended(LeaseId lease, std::uint32_t slot) {
  return step(agent::WorkerLeaseEnded{slot, lease});
}

std::vector<std::string> AgentBench::died(Range executing, std::uint32_t slot, Cause cause) {
  return step(agent::WorkerDied{slot, executing, cause, "signal 11", 1});
}

std::vector<std::string> AgentBench::answer(LeaseId lease, Range items, wire::Answered what,
                                            bool accepted) {
  return from_scheduler(wire::Answer{lease, what, {items}, accepted});
}

}  // namespace drover::testing
