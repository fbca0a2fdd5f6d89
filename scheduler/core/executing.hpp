#pragma once

#include <cstdint>

#include "scheduler/core/state.hpp"

/// What slots do with the leases they have. For people only: nothing is decided from it.
namespace drover::scheduler {

/// How a lease stands in its slot.
struct InSlot {
  const Agent* agent;
  bool first = true;         ///< Nothing is before it: the slot works on it.
  std::uint64_t before = 0;  ///< Items of the leases before it.
};
InSlot in_slot(const State& state, const Lease& lease);

/// The items of the lease that its slot executes; all its others are queued behind them. Empty
/// where the slot works on another lease.
///
/// Those that it has done and not told are still its own. As the agent's last heartbeat has it;
/// where that says nothing of this lease, or results came of all that it says, the first call of
/// what is left.
IntervalSet executing_items(const State& state, const Lease& lease);

/// Does the agent itself say that it executes the item?
bool is_said_to_execute(const Agent& agent, const LeaseId& lease, ItemIndex item);

/// The lease is revoked: notes the call that its slot is at, if it is this one's.
void note_ending(State& state, const Lease& lease);

/// The revoked call that the slot is still at, or null.
const EndingCall* ending_call(const Agent& agent, const Slot& slot);

/// Has the slot a lease, or a call that is to end?
bool is_busy(const Agent& agent, const Slot& slot);

}  // namespace drover::scheduler
