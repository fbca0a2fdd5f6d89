#pragma once

#include "scheduler/core/turn.hpp"

namespace drover::scheduler {

/// Fills slots that have room with leases of steps that have open items: the run with the fewest
/// leases first, then the oldest; within it the first step; lowest items first. Where nothing is
/// left to grant, leases that wait behind others are called back for slots that idle.
void grant_leases(Turn& turn);

}  // namespace drover::scheduler
