#include <fmt/format.h>

#include <map>

#include "scheduler/core/step.hpp"

namespace drover::scheduler {
namespace {

using Problems = std::vector<std::string>;

std::string name_of(const Run& run, std::size_t index) {
  return fmt::format("run {} step {}", to_string(run.id).substr(0, 6), run.plan->steps[index].name);
}

/// Every item of a running step is in exactly one place.
void check_items(const State& state, const Run& run, std::size_t index, Problems& problems) {
  const Step& step = run.steps[index];
  if (step.state != StepState::Running) return;
  IntervalSet seen;
  std::uint64_t sum = step.done;
  const auto add = [&](Range range, const char* where) {
    if (!seen.within(range).empty()) {
      problems.push_back(fmt::format("{}: items of [{}, {}) are {} and somewhere else",
                                     name_of(run, index), range.first, range.last, where));
    }
    seen.insert(range);
    sum += range.size();
  };
  for (const auto& range : step.free.ranges()) add(range, "free");
  for (const auto& [due, item] : step.retry_queue) {
    add(Range{item, item + 1}, "retrying");
    if (!step.charged.contains(item))
      problems.push_back(fmt::format("item {} retries without a charge", item));
  }
  for (const auto& range : step.failed.ranges()) add(range, "failed");
  for (const auto& range : step.skipped.ranges()) add(range, "skipped");
  std::uint32_t leases = 0;
  for (const auto& [id, lease] : state.leases) {
    if (lease.step != StepRef{run.id, static_cast<std::uint32_t>(index)}) continue;
    ++leases;
    if (lease.void_) continue;
    for (const auto& range : lease.items.ranges()) add(range, "leased");
  }
  if (sum + step.cancelled != step.count) {
    problems.push_back(
        fmt::format("{}: {} items are accounted for, of {}", name_of(run, index), sum, step.count));
  }
  if (leases != step.leases) {
    problems.push_back(
        fmt::format("{}: {} leases, counted {}", name_of(run, index), leases, step.leases));
  }
}

void check_leases(const State& state, Problems& problems) {
  for (const auto& [id, run] : state.runs) {
    std::uint64_t of_steps = 0;
    for (const Step& step : run.steps) of_steps += step.leases;
    if (of_steps != run.leases) {
      problems.push_back(fmt::format("run {}: its steps have {} leases, counted {}", to_string(id),
                                     of_steps, run.leases));
    }
  }
  std::map<LeaseId, int> in_slots;
  for (const auto& [id, agent] : state.agents) {
    for (const auto& [number, slot] : agent.slots) {
      for (const auto& lease : slot.leases) {
        ++in_slots[lease];
        const auto found = state.leases.find(lease);
        if (found == state.leases.end() || found->second.agent != id ||
            found->second.slot != number) {
          problems.push_back(fmt::format("slot {} of {} names lease {}, which is not its", number,
                                         agent.name, to_string(lease)));
        }
      }
    }
  }
  for (const auto& [id, lease] : state.leases) {
    if (lease.items.empty() && !lease.void_)
      problems.push_back(fmt::format("lease {} is empty", to_string(id)));
    if (!state.runs.contains(lease.step.run)) {
      problems.push_back(fmt::format("lease {} is of a run that is gone", to_string(id)));
    }
    if (in_slots[id] > 1)
      problems.push_back(fmt::format("lease {} is in two slots", to_string(id)));
  }
}

}  // namespace

std::vector<std::string> broken_invariants(const State& state) {
  Problems problems;
  for (const auto& [id, run] : state.runs) {
    for (std::size_t i = 0; i < run.steps.size(); ++i) check_items(state, run, i, problems);
  }
  check_leases(state, problems);
  std::uint64_t seq = 0;
  for (const auto& held : state.held) {
    if (held.seq < seq) problems.push_back("held effects are out of order");
    seq = held.seq;
    if (held.seq <= state.committed) problems.push_back("a held effect is overdue");
  }
  return problems;
}

}  // namespace drover::scheduler
