#include "scheduler/core/executing.hpp"

#include <algorithm>

namespace drover::scheduler {
namespace {

/// What the agent's last heartbeat says of the lease, or null.
const wire::SlotProgress* progress_of(const Agent& agent, const LeaseId& lease) {
  const auto& slots = agent.progress.slots;
  const auto found = std::ranges::find(slots, lease, &wire::SlotProgress::lease);
  return found == slots.end() ? nullptr : &*found;
}

/// How many items a call of the step takes, as far as the workflow says.
std::uint64_t items_in_call(const State& state, const Lease& lease) {
  const Plan& plan = *state.runs.at(lease.step.run).plan;
  return std::max(1U, plan.steps.at(lease.step.step).options.batch);
}

}  // namespace

InSlot in_slot(const State& state, const Lease& lease) {
  const Agent& agent = state.agents.at(lease.agent);
  InSlot place{&agent};
  const auto slot = agent.slots.find(lease.slot);
  if (slot == agent.slots.end()) return place;  // its agent came back with other slots
  for (const auto& id : slot->second.leases) {
    if (id == lease.id) break;
    const Lease& other = state.leases.at(id);
    if (other.executed) continue;
    place.first = false;
    place.before += other.items.size();
  }
  return place;
}

IntervalSet executing_items(const State& state, const Lease& lease) {
  if (lease.executed) return lease.items;
  IntervalSet executing;
  const InSlot place = in_slot(state, lease);
  if (!place.first || lease.items.empty()) return executing;
  std::uint64_t in_call = items_in_call(state, lease);
  if (const auto* progress = progress_of(*place.agent, lease.id)) {
    for (const Range& part : lease.items.within(progress->executing)) executing.insert(part);
    in_call = std::max<std::uint64_t>(1, progress->executing.size());
  }
  if (executing.empty()) {
    const Range front = lease.items.front();
    executing.insert(Range{front.first, std::min(front.last, front.first + in_call)});
  }
  return executing;
}

bool is_said_to_execute(const Agent& agent, const LeaseId& lease, ItemIndex item) {
  const auto* progress = progress_of(agent, lease);
  return progress != nullptr && progress->executing.contains(item);
}

void note_ending(State& state, const Lease& lease) {
  if (lease.executed || !in_slot(state, lease).first) return;
  Agent& agent = state.agents.at(lease.agent);
  const auto slot = agent.slots.find(lease.slot);
  if (slot == agent.slots.end()) return;
  const Plan& plan = *state.runs.at(lease.step.run).plan;
  slot->second.ending = EndingCall{lease.id, lease.step.run, plan.steps.at(lease.step.step).name};
}

const EndingCall* ending_call(const Agent& agent, const Slot& slot) {
  if (!slot.ending || !agent.session) return nullptr;
  const bool goes_on = !slot.ending->heard || progress_of(agent, slot.ending->lease) != nullptr;
  return goes_on ? &*slot.ending : nullptr;
}

bool is_busy(const Agent& agent, const Slot& slot) {
  return !slot.leases.empty() || ending_call(agent, slot) != nullptr;
}

}  // namespace drover::scheduler
