#pragma once

#include "tests/sim/facts.hpp"
#include "tests/sim/scheduler_process.hpp"

namespace drover::sim {

/// Once everything ended: every item has the outcome it must have, and the store's lists say the
/// same.
void check_end(World& world, SchedulerProcess& scheduler, const Workload& workload,
               const Facts& facts);

}  // namespace drover::sim
