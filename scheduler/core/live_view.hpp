#pragma once

#include "common/units.hpp"
#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// What the core knew at one moment, copied so that questions are answered beside it.
///
/// Its size is that of the state: open ranges, leases, slots and items that are retrying, never the
/// items of a map. What it shows may not be durable yet: whoever answers a client from it reads the
/// store after the saves that were ordered before it was taken.
struct LiveView {
  State state;  ///< Without the effects that are held back.
  Instant now;  ///< When it was taken.
};

LiveView live_view(const State& state, Instant now);

}  // namespace drover::scheduler
