#pragma once

#include "common/units.hpp"

namespace drover {

/// The monotonic clock: what every duration is measured with.
Instant monotonic_now();

/// The wall clock: for records and people. Nothing is decided from it.
WallTime wall_now();

}  // namespace drover
