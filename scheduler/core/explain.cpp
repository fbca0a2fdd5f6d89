#include "scheduler/core/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/check.hpp"
#include "common/types/signature.hpp"
#include "scheduler/core/executing.hpp"
#include "scheduler/core/retry_place.hpp"
#include "scheduler/core/slot_survey.hpp"

namespace drover::scheduler {
namespace {

constexpr std::array item_statuses{ItemStatus::Waiting,  ItemStatus::Running, ItemStatus::Retrying,
                                   ItemStatus::Done,     ItemStatus::Failed,  ItemStatus::Skipped,
                                   ItemStatus::Cancelled};

Subject subject(const State& state, const StepRef& ref, Instant now) {
  const auto run = state.runs.find(ref.run);
  CHECK(run != state.runs.end() && ref.step < run->second.steps.size(), "run {} step {}",
        to_string(ref.run), ref.step);
  return Subject{state, run->second, ref, now};
}

/// Slots that have work of the step.
std::size_t slots_in_use(const Subject& of) {
  std::set<std::pair<AgentId, std::uint32_t>> slots;
  for (const auto& [id, lease] : of.state.leases) {
    if (lease.step == of.ref) slots.emplace(lease.agent, lease.slot);
  }
  return slots.size();
}

/// Why an item that could be granted is not. `fresh`: it has not failed before.
std::vector<WhyWaiting> why_not_granted(const Subject& of, const Survey& pool, bool fresh) {
  std::vector<WhyWaiting> reasons;
  if (of.state.store_full) reasons.emplace_back(StorageFull{});
  if (waits_for_agents(of.state, of.step())) {
    AgentsToReturn reason{{}, std::max(of.state.adopt_until - of.now, Duration::zero())};
    for (const auto& id : of.state.awaited) reason.agents.push_back(of.state.agents.at(id).name);
    reasons.emplace_back(std::move(reason));
  }
  if (fresh && of.step().charged.size() >= max_retrying) {
    reasons.emplace_back(TooManyRetrying{of.step().charged.size()});
  }
  const std::uint32_t concurrency = of.plan().options.concurrency;
  if (concurrency > 0 && slots_in_use(of) >= concurrency) {
    reasons.emplace_back(ConcurrencyReached{concurrency});
  }
  const bool stopped = !reasons.empty();
  add_slot_reasons(of, pool, reasons);
  if (!stopped && pool.idle > 0) reasons.emplace_back(Ready{});
  return reasons;
}

std::vector<WhyWaiting> why_retry_waits(const Subject& of, const Survey& pool,
                                        const Charges& charges) {
  if (charges.saved_by > of.state.committed) return {FailureNotWritten{}};
  if (charges.due > of.now) return {BacksOff{charges.due - of.now}};
  const RetryPlace place(of.state, of.step(), of.plan(), charges, of.now);
  if (place.left() > Duration::zero() && pool.idle > 0) return {FailedThere{place.left()}};
  return why_not_granted(of, pool, false);
}

/// Why the step has not opened.
WhyWaiting why_not_open(const Subject& of) {
  if (of.step().seeks_reuse) return SeeksReuse{of.run.reuse->from};
  StepsBefore reason;
  for (const auto read : of.plan().reads) {
    const StepState state = of.run.steps.at(read).state;
    if (state == StepState::Succeeded) continue;
    reason.steps.push_back(of.run.plan->steps.at(read).name);
    reason.failed |= state == StepState::Failed;
  }
  return reason;
}

Duration silence(const Agent& agent, Instant now) {
  const Duration silent = now - agent.heard;
  return silent >= suspect_after ? silent : Duration::zero();
}

void add_leased(const Subject& of, StepExplanation& found) {
  std::optional<NextInSlot> next;
  for (const auto& [id, lease] : of.state.leases) {
    if (lease.step != of.ref || lease.void_) continue;
    const std::uint64_t executing = executing_items(of.state, lease).size();
    const std::uint64_t queued = lease.items.size() - executing;
    found.running += executing;
    found.waiting += queued;
    if (queued == 0 || next) continue;
    const InSlot place = in_slot(of.state, lease);
    next = NextInSlot{place.agent->name, lease.slot, place.before + executing};
  }
  if (next && found.reasons.empty()) found.reasons.emplace_back(*next);
}

void place_in_lease(const Subject& of, const Lease& lease, ItemIndex item, ItemExplanation& found) {
  const InSlot place = in_slot(of.state, lease);
  if (!executing_items(of.state, lease).contains(item)) {
    std::uint64_t before = place.before;
    for (const Range& part : lease.items.within(Range{0, item})) before += part.size();
    found.state = ItemStatus::Waiting;
    found.reasons.emplace_back(NextInSlot{place.agent->name, lease.slot, before});
    return;
  }
  found.state = ItemStatus::Running;
  found.agent = place.agent->name;
  found.slot = lease.slot;
  found.executing = is_said_to_execute(*place.agent, lease.id, item);
  found.silent = silence(*place.agent, of.now);
}

void place_open(const Subject& of, ItemIndex item, ItemExplanation& found) {
  const Step& step = of.step();
  const auto charged = step.charged.find(item);
  if (charged != step.charged.end()) found.attempt = charged->second.attempts + 1;
  if (step.free.contains(item)) {
    found.state = ItemStatus::Waiting;
    found.reasons = why_not_granted(of, survey(of), true);
    return;
  }
  if (charged != step.charged.end() && step.retry_queue.contains({charged->second.due, item})) {
    found.state = ItemStatus::Retrying;
    found.reasons = why_retry_waits(of, survey(of), charged->second);
    return;
  }
  for (const auto& [id, lease] : of.state.leases) {
    if (lease.step == of.ref && !lease.void_ && lease.items.contains(item)) {
      return place_in_lease(of, lease, item, found);
    }
  }
  found.state = ItemStatus::Done;
}

bool is_unexplained(const std::vector<WhyWaiting>& reasons) {
  return reasons.empty() || std::ranges::any_of(reasons, [](const WhyWaiting& reason) {
           return std::holds_alternative<Ready>(reason);
         });
}

/// What of one running step nothing explains.
void check_running(const Subject& of, const std::string& name, std::vector<std::string>& problems) {
  const StepExplanation all = explain(of.state, of.ref, of.now);
  const std::uint64_t explained = all.waiting + all.running + all.retrying;
  if (explained != of.step().open_items()) {
    problems.push_back(fmt::format("{}: {} items are waiting, running or retrying, {} are open",
                                   name, explained, of.step().open_items()));
  }
  if (explained == 0) problems.push_back(fmt::format("{}: nothing is open, and it runs", name));
  if (all.waiting + all.retrying > 0 && is_unexplained(all.reasons)) {
    problems.push_back(fmt::format("{}: nothing says why its items wait", name));
  }
  const auto check_item = [&](ItemIndex item) {
    const ItemExplanation one = explain_item(of.state, of.ref, item, of.now);
    const bool waits = one.state == ItemStatus::Waiting || one.state == ItemStatus::Retrying;
    if (!one.state || (waits && is_unexplained(one.reasons))) {
      problems.push_back(fmt::format("{}: nothing says why item {} waits", name, item));
    }
  };
  for (const Range& range : of.step().free.ranges()) check_item(range.first);
  for (const auto& [item, charges] : of.step().charged) check_item(item);
}

}  // namespace

std::string_view name_of(ItemStatus state) {
  switch (state) {
    case ItemStatus::Waiting:
      return "waiting";
    case ItemStatus::Running:
      return "running";
    case ItemStatus::Retrying:
      return "retrying";
    case ItemStatus::Done:
      return "done";
    case ItemStatus::Failed:
      return "failed";
    case ItemStatus::Skipped:
      return "skipped";
    case ItemStatus::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::optional<ItemStatus> item_status_named(std::string_view name) {
  const auto* found =
      std::ranges::find_if(item_statuses, [&](ItemStatus state) { return name_of(state) == name; });
  if (found == item_statuses.end()) return std::nullopt;
  return *found;
}

StepExplanation explain(const State& state, const StepRef& ref, Instant now) {
  const Subject of = subject(state, ref, now);
  StepExplanation found;
  found.state = of.step().state;
  if (found.state == StepState::Waiting) found.reasons.emplace_back(why_not_open(of));
  if (found.state != StepState::Running) return found;
  const Survey pool = survey(of);
  found.slots = pool.slots;
  found.usable = pool.usable;
  found.waiting = of.step().free.size();
  found.retrying = of.step().retry_queue.size();
  if (found.waiting > 0) {
    found.reasons = why_not_granted(of, pool, true);
  } else if (found.retrying > 0) {
    const ItemIndex next = of.step().retry_queue.begin()->second;
    found.reasons = why_retry_waits(of, pool, of.step().charged.at(next));
  }
  add_leased(of, found);
  return found;
}

ItemExplanation explain_item(const State& state, const StepRef& ref, ItemIndex item, Instant now) {
  const Subject of = subject(state, ref, now);
  const Step& step = of.step();
  ItemExplanation found;
  if (step.state == StepState::Waiting) {
    found.state = ItemStatus::Waiting;
    found.reasons.emplace_back(why_not_open(of));
    return found;
  }
  CHECK(item < step.count, "item {} of {}", item, step.count);
  if (step.failed.contains(item)) {
    found.state = ItemStatus::Failed;
  } else if (step.skipped.contains(item)) {
    found.state = ItemStatus::Skipped;
  } else if (step.state == StepState::Running) {
    place_open(of, item, found);
  } else if (step.cancelled == 0) {
    found.state = ItemStatus::Done;
  } else if (step.done == 0) {
    found.state = ItemStatus::Cancelled;
  }
  return found;
}

std::vector<WhyWaiting> why_nowhere(const State& state, std::shared_ptr<const Plan> plan,
                                    std::uint32_t step, Instant now) {
  Run run;  // The step as it would be, of a run that may never be.
  run.plan = std::move(plan);
  run.steps.resize(run.plan->steps.size());
  run.steps.at(step).task_hash = signature_hash(run.plan->steps.at(step).task);
  run.steps.at(step).run_order = state.next_order;
  const Subject of{state, run, StepRef{{}, step}, now};
  const Survey pool = survey(of);
  std::vector<WhyWaiting> reasons;
  if (pool.usable == 0) add_slot_reasons(of, pool, reasons);
  return reasons;
}

std::vector<std::string> unexplained(const State& state, Instant now) {
  std::vector<std::string> problems;
  for (const auto& [id, run] : state.runs) {
    if (run.state != RunState::Running) continue;
    bool moves = false;
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      const Subject of = subject(state, StepRef{id, i}, now);
      const std::string name =
          fmt::format("run {} step '{}'", to_string(id).substr(0, 6), of.plan().name);
      moves |= of.step().state == StepState::Running || of.step().seeks_reuse;
      if (of.step().state == StepState::Running) check_running(of, name, problems);
      const WhyWaiting waits = why_not_open(of);
      const auto* before = std::get_if<StepsBefore>(&waits);
      if (of.step().state == StepState::Waiting && before != nullptr && before->steps.empty()) {
        problems.push_back(name + " waits for nothing");
      }
    }
    if (!moves) {
      problems.push_back(
          fmt::format("run {} runs, and none of its steps does", to_string(id).substr(0, 6)));
    }
  }
  return problems;
}

}  // namespace drover::scheduler
