#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace drover {

/// A point on the monotonic clock. Durations are only ever measured between two of these.
struct MonotonicClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;
using Duration = std::chrono::nanoseconds;

/// Wall-clock milliseconds since 1970, for people and records; nothing is decided from it.
struct WallTime {
  std::int64_t milliseconds = 0;
  auto operator<=>(const WallTime&) const = default;
};

/// An amount of memory or data.
struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes{n << 10U}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes{n << 20U}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return Bytes{n << 30U}; }

}  // namespace drover
