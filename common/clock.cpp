#include "common/clock.hpp"

#include <chrono>

namespace drover {

Instant monotonic_now() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

WallTime wall_now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()};
}

}  // namespace drover
