#pragma once

#include <string>
#include <vector>

#include "agent/core/effect.hpp"
#include "agent/core/event.hpp"
#include "agent/core/state.hpp"

namespace drover::agent {

/// Advances the agent by one event and appends to `out` what its shell must do next, in order.
///
/// Deterministic: equal state, event and now give equal results on every machine.
void step(State& state, const Event& event, Instant now, Effects& out);

/// What the agent has of each lease: all that it runs, keeps waiting, or has no answer for.
std::vector<wire::LeaseReport> report(const State& state);

/// What is wrong with the state, for tests and the simulator; empty where nothing is.
std::vector<std::string> broken_invariants(const State& state);

}  // namespace drover::agent
