#pragma once

#include "scheduler/config.hpp"

namespace drover::scheduler {

/// Puts the scheduler together, serves until a stop signal arrives, and returns the exit status;
/// where it cannot start, that is logged. Called from main(), before there is any thread.
int serve(const Config& config);

}  // namespace drover::scheduler
