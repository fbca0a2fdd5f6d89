#pragma once

#include <cstdint>
#include <string>

#include "scheduler/store/store.hpp"
#include "tests/sim/cut.hpp"
#include "tests/sim/history.hpp"

namespace drover::sim {

struct Outcome {
  std::string problem;  ///< Empty where all went well.
  History history;      ///< The last of what happened.
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  std::uint64_t faults = 0;  ///< That struck, or would have.
};

/// One scheduler, several agents, clients and a seed: everything happens as the seed says, first
/// with faults, then without, until nothing is left to do. `lines` of history are kept.
Outcome simulate(std::uint64_t seed, scheduler::Store& store, std::size_t lines = 60,
                 const Cut& cut = {});

}  // namespace drover::sim
