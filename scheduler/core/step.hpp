#pragma once

#include <string>
#include <vector>

#include "scheduler/core/effect.hpp"
#include "scheduler/core/event.hpp"
#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// Advances the scheduler by one event and appends to `out` what the shell must do next, in order.
///
/// Deterministic: equal state, event and now give equal results on every machine.
/// What reveals a save is held in the state until Committed says that it is durable.
void step(State& state, const Event& event, Instant now, Effects& out);

/// What is wrong with the state, for tests and the simulator; empty where nothing is.
std::vector<std::string> broken_invariants(const State& state);

}  // namespace drover::scheduler
