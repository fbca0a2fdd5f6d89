#include "scheduler/core/ledger.hpp"

#include <algorithm>
#include <chrono>

#include "common/check.hpp"
#include "common/plant.hpp"
#include "scheduler/core/failure_signature.hpp"
#include "scheduler/core/retry.hpp"

namespace drover::scheduler {

Step* running_step(State& state, const StepRef& ref) {
  const auto run = state.runs.find(ref.run);
  if (run == state.runs.end() || run->second.state != RunState::Running) return nullptr;
  if (ref.step >= run->second.steps.size()) return nullptr;
  Step& step = run->second.steps[ref.step];
  return step.state == StepState::Running ? &step : nullptr;
}

Lease* current_lease(State& state, const LeaseId& id, const AgentId& agent) {
  const auto lease = state.leases.find(id);
  if (lease == state.leases.end()) return nullptr;
  if (lease->second.agent != agent || lease->second.void_) return nullptr;
  return &lease->second;
}

const Lease* running_lease(const State& state, const Slot& slot) {
  for (const LeaseId& id : slot.leases) {
    const Lease& lease = state.leases.at(id);
    if (!lease.executed || planted(Plant::BlameExecuted)) return &lease;
  }
  return nullptr;
}

Lease& add_lease(Turn& turn, Lease lease) {
  State& state = turn.state;
  Agent& agent = state.agents.at(lease.agent);
  // A slot that is off is not offered, and may still answer for what it held.
  if (const auto slot = agent.slots.find(lease.slot); slot != agent.slots.end()) {
    if (slot->second.leases.empty()) slot->second.since = turn.now;
    slot->second.leases.push_back(lease.id);
  }
  Run& run = state.runs.at(lease.step.run);
  run.leases += 1;
  run.steps.at(lease.step.step).leases += 1;
  const auto [at, fresh] = state.leases.emplace(lease.id, std::move(lease));
  CHECK(fresh, "lease {} exists", to_string(at->first));
  return at->second;
}

void take(Step& step, Lease& lease, Range items) {
  std::uint64_t taken = 0;
  for (const Range& part : step.free.within(items)) {
    taken += part.size();
    step.free.erase(part);
  }
  for (auto at = step.charged.lower_bound(items.first);
       at != step.charged.end() && at->first < items.last; ++at) {
    taken += step.retry_queue.erase(std::pair{at->second.due, at->first});
  }
  CHECK(taken == items.size(), "{} of items [{}, {}) could be taken by lease {}", taken,
        items.first, items.last, to_string(lease.id));
  lease.items.insert(items);
}

void give_back(State& state, Lease& lease, Range items) {
  Step& step = state.runs.at(lease.step.run).steps.at(lease.step.step);
  for (const Range& part : lease.items.within(items)) {
    ItemIndex next = part.first;
    for (auto at = step.charged.lower_bound(part.first);
         at != step.charged.end() && at->first < part.last; ++at) {
      step.retry_queue.emplace(at->second.due, at->first);
      step.free.insert(Range{next, at->first});
      next = at->first + 1;
    }
    step.free.insert(Range{next, part.last});
    lease.items.erase(part);
  }
}

void give_back_all(State& state, Lease& lease) {
  for (const Range& part : lease.items.ranges()) give_back(state, lease, part);
}

void remove_lease(Turn& turn, const LeaseId& id) {
  State& state = turn.state;
  const auto lease = state.leases.find(id);
  CHECK(lease != state.leases.end() && (lease->second.items.empty() || lease->second.void_));
  count_slot_time(turn, lease->second);
  const auto agent = state.agents.find(lease->second.agent);
  if (agent != state.agents.end()) {
    const auto slot = agent->second.slots.find(lease->second.slot);
    if (slot != agent->second.slots.end()) std::erase(slot->second.leases, id);
  }
  const auto run = state.runs.find(lease->second.step.run);
  if (run != state.runs.end()) {
    run->second.leases -= 1;
    run->second.steps.at(lease->second.step.step).leases -= 1;
  }
  state.leases.erase(lease);
}

void remove_if_empty(Turn& turn, const LeaseId& id) {
  const auto lease = turn.state.leases.find(id);
  if (lease == turn.state.leases.end()) return;
  if (lease->second.items.empty() && !lease->second.void_) remove_lease(turn, id);
}

void count_slot_time(Turn& turn, const Lease& lease) {
  const auto agent = turn.state.agents.find(lease.agent);
  if (agent == turn.state.agents.end()) return;
  const auto found = agent->second.slots.find(lease.slot);
  if (found == agent->second.slots.end()) return;
  Slot& slot = found->second;
  if (slot.leases.empty() || slot.leases.front() != lease.id) return;
  const Duration held = turn.now - slot.since;
  slot.since = turn.now;
  if (lease.adopted || lease.void_) return;
  Step& step = turn.state.runs.at(lease.step.run).steps.at(lease.step.step);
  step.slot_seconds += std::chrono::duration<double>(held).count();
}

void close_done(Step& step, Lease& lease, Range items) {
  lease.items.erase(items);
  step.done += items.size();
  step.canary.over = true;
  step.charged.erase(step.charged.lower_bound(items.first), step.charged.lower_bound(items.last));
  clear_suspicion(step, items);
}

void suspect(Step& step, Range items, std::uint32_t largest_batch) {
  clear_suspicion(step, items);
  if (!items.empty()) step.suspects[items.first] = Suspect{items.last, std::max(1U, largest_batch)};
}

void clear_suspicion(Step& step, Range items) {
  auto at = step.suspects.upper_bound(items.first);
  if (at != step.suspects.begin() && std::prev(at)->second.last > items.first) --at;
  while (at != step.suspects.end() && at->first < items.last) {
    const ItemIndex first = at->first;
    const Suspect old = at->second;
    at = step.suspects.erase(at);
    if (first < items.first) step.suspects[first] = Suspect{items.first, old.largest_batch};
    if (old.last > items.last) step.suspects[items.last] = old;
  }
}

namespace {

void watch_canary(Canary& canary, const SaveFailure& failure) {
  if (canary.over) return;
  if (canary.failures == 0) {
    canary.signature = failure.signature;
    canary.text = failure.text;
  }
  canary.failures += 1;
  canary.over = canary.signature != failure.signature;
}

}  // namespace

bool is_charged_by(const Step& step, ItemIndex item, const LeaseId& lease) {
  const auto known = step.charged.find(item);
  return known != step.charged.end() &&
         std::ranges::any_of(known->second.places,
                             [&](const Charges::Place& place) { return place.lease == lease; });
}

void charge(Turn& turn, Step& step, Lease& lease, ItemIndex item, Cause cause,
            const std::string& text, bool permanent, float seconds) {
  Charges charges;
  if (const auto known = step.charged.find(item); known != step.charged.end()) {
    charges = known->second;
    if (is_charged_by(step, item, lease.id) && !planted(Plant::ChargeTwice)) {
      give_back(turn.state, lease, Range{item, item + 1});
      return;
    }
  }
  charges.attempts += 1;
  charges.by_cause[static_cast<std::size_t>(cause)] += 1;
  charges.places.push_back({lease.id, lease.agent, lease.slot, cause, turn.now});
  const auto& options = turn.state.runs.at(lease.step.run).plan->steps.at(lease.step.step).options;
  const bool final = permanent || !may_retry(options.retries, charges, cause);

  SaveFailure failure;
  failure.step = lease.step;
  failure.item = item;
  failure.attempt = charges.attempts;
  failure.lease = lease.id;
  failure.agent = lease.agent;
  failure.slot = lease.slot;
  failure.cause = cause;
  failure.signature = failure_signature(text);
  failure.text = shorten_error(text);
  failure.seconds = seconds;
  failure.final = final;
  if (final) watch_canary(step.canary, failure);
  charges.saved_by = turn.save(std::move(failure));

  lease.items.erase(Range{item, item + 1});
  if (!lease.adopted) step.call_seconds += static_cast<double>(seconds);
  if (final) {
    step.charged.erase(item);
    clear_suspicion(step, Range{item, item + 1});
    step.failed.insert(Range{item, item + 1});
    return;
  }
  charges.due =
      turn.now + back_off(turn.state.random, charges.by_cause[static_cast<std::size_t>(cause)]);
  step.retry_queue.emplace(charges.due, item);
  step.charged[item] = std::move(charges);
}

}  // namespace drover::scheduler
