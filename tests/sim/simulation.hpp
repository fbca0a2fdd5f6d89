#pragma once

#include <cstdint>
#include <string>

#include "scheduler/core/plant.hpp"
#include "scheduler/store/store.hpp"

namespace drover::sim {

struct Outcome {
  std::string problem;  ///< Empty where all went well.
  std::string history;  ///< The last 60 events, in words.
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
};

/// One scheduler, several agents, clients and a seed: everything happens as the seed says, first
/// with faults, then without, until nothing is left to do. `lines` of history are kept.
Outcome simulate(std::uint64_t seed, scheduler::Store& store, std::size_t lines = 60);

}  // namespace drover::sim
