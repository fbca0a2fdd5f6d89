#pragma once

#include <cstdint>

#include "scheduler/core/turn.hpp"

/// Deaths of workers and calls that ran out of time, as the events of a run tell them: each of the
/// first max_deaths_told of a step and cause, then those at which their number has doubled, and at
/// the step's end how many there were.
namespace drover::scheduler {

/// Requires: the lease is of a running step, and `failed` had a call.
void tell_death(Turn& turn, const Agent& agent, const Lease& lease, const wire::CallFailed& failed);

/// At the end of a step of which not each death was told.
void tell_deaths_in_all(Turn& turn, const Run& run, std::uint32_t step);

}  // namespace drover::scheduler
