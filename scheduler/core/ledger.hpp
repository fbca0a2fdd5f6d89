#pragma once

#include <string>

#include "scheduler/core/turn.hpp"

/// Who has which item. Items move between a step's pools and leases here and nowhere else.
namespace drover::scheduler {

/// The run and step, where both are active and running; else null.
Step* running_step(State& state, const StepRef& ref);

/// The lease, where it is current and belongs to that agent; else null.
Lease* current_lease(State& state, const LeaseId& id, const AgentId& agent);

/// The first lease of the slot that has something left to run: those behind it have not begun. Null
/// where there is none.
const Lease* running_lease(const State& state, const Slot& slot);

/// Adds a lease without items to a slot of an agent.
Lease& add_lease(Turn& turn, Lease lease);

/// Moves open items that no lease has into the lease. Requires: they are free or in the retry
/// queue.
void take(Step& step, Lease& lease, Range items);

/// Returns what the lease has of `items` to its step. The lease stays, perhaps empty.
void give_back(State& state, Lease& lease, Range items);
void give_back_all(State& state, Lease& lease);

/// Takes a lease out of the state and its slot. Requires: it is empty or void.
void remove_lease(Turn& turn, const LeaseId& id);
void remove_if_empty(Turn& turn, const LeaseId& id);

/// Counts the slot's time up to now for the step of the lease, where the lease is the slot's first:
/// of two leases in a slot one runs. Nothing is counted of an adopted lease, neither this time nor
/// what its attempts took, because it ran before it was adopted.
void count_slot_time(Turn& turn, const Lease& lease);

/// Items of the lease ended as done: they leave it, with their charges and suspicions.
void close_done(Step& step, Lease& lease, Range items);

/// Notes that items are to be tried in calls of at most `largest_batch`.
void suspect(Step& step, Range items, std::uint32_t largest_batch);
void clear_suspicion(Step& step, Range items);

/// Did a failure of the item under this lease count already?
bool is_charged_by(const Step& step, ItemIndex item, const LeaseId& lease);

/// An attempt at one item of the lease failed: the item leaves the lease, to be tried again or
/// failed. A lease that charged the item before only gives it back.
void charge(Turn& turn, Step& step, Lease& lease, ItemIndex item, Cause cause,
            const std::string& text, bool permanent, float seconds);

}  // namespace drover::scheduler
