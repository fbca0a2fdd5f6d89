#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/store/store.hpp"
#include "tests/sim/cut.hpp"

namespace drover::sim {

struct Outcome {
  std::string problem;               ///< Empty where all went well.
  std::vector<std::string> history;  ///< The last of what happened, a line each.
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  std::uint64_t faults = 0;  ///< That struck, or would have.
};

/// One scheduler, several agents, clients and a seed: everything happens as the seed says, first
/// with faults, then without, until nothing is left to do. `lines` of history are kept.
Outcome simulate(std::uint64_t seed, scheduler::Store& store, std::size_t lines = 60,
                 const Cut& cut = {});

}  // namespace drover::sim
