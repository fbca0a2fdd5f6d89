#pragma once

#include <cstdint>

#include "common/clock.hpp"

namespace drover::worker {

/// Nanoseconds on the monotonic clock, which all processes of a machine share.
inline std::int64_t now_ns() { return monotonic_now().time_since_epoch().count(); }

}  // namespace drover::worker
