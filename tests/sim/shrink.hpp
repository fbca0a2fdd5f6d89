#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/simulation.hpp"

namespace drover::sim {

struct Shrunk {
  Cut cut;
  Outcome outcome;  ///< With all of its history.
  std::uint64_t faults_left = 0;
  std::uint64_t tried = 0;  ///< Schedules.
};

/// Two problems of one kind: the same words, whatever the numbers and names.
bool same_kind(const std::string& problem, const std::string& other);

/// Leaves out of a failing schedule what is not needed for the same kind of failure: runs, steps,
/// items, agents, slots, bad items, and faults one by one. The same seed gives the same result.
/// Requires: the seed fails.
Shrunk shrink(std::uint64_t seed, scheduler::Store& store);

/// What was left out, in words.
std::string words(const Shrunk& shrunk);

}  // namespace drover::sim
