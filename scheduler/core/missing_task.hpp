#pragma once

#include <string>
#include <vector>

#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// Why nobody offers the task, as far as connected agents say it: what did not load there. What
/// names the task comes first; of more than two lines the third says how many there are.
std::vector<std::string> why_missing(const State& state, const std::string& task);

}  // namespace drover::scheduler
