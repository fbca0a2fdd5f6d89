#pragma once

#include "scheduler/core/turn.hpp"

/// Slots that fail what others then do are put out of service for a while (decisions/0005).
namespace drover::scheduler {

/// Is the slot given no leases now, because items failed in it that were done elsewhere?
bool out_of_service(const Slot& slot, Instant now);

/// Items of the lease are done: that speaks for its slot, and against those where they failed
/// before. Requires: the step still has their charges.
void judge_slots(Turn& turn, const Step& step, const Lease& lease, const IntervalSet& done);

}  // namespace drover::scheduler
