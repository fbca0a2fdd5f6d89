#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>

#include "common/interval_set.hpp"

namespace drover::sim {

/// What of a schedule is left out, so that it gets smaller and still fails. Empty: the schedule as
/// its seed says.
struct Cut {
  static constexpr auto all = std::numeric_limits<std::uint64_t>::max();

  IntervalSet faults;          ///< By number, in the order in which they strike.
  std::set<std::size_t> runs;  ///< By their place in the workload.
  std::uint64_t most_steps = all;
  std::uint64_t most_items = all;
  std::uint64_t front = 0;  ///< So many items of each map step are left out at its front.
  std::uint64_t most_agents = all;
  std::uint64_t most_slots = all;
  bool all_good = false;   ///< No item is bad.
  bool plain = false;      ///< Steps have the options that they have by themselves.
  std::uint64_t salt = 0;  ///< Another order of the same: what else is left out moves everything.
};

}  // namespace drover::sim
