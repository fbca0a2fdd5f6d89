#pragma once

#include <cstdint>

#include "common/units.hpp"

namespace drover::sim {

/// Seeded choices: equal seeds give equal sequences on every machine.
/// Source: splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  /// One of many sequences of a seed. Without the scrambling, seeds that follow each other would
  /// give one sequence, shifted by one.
  Random(std::uint64_t seed, std::uint64_t stream)
      : state_(Random(Random(seed).next() ^ (stream * 0xd6e8feb86659fd93ULL)).next()) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  /// From `low` to `high`, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool chance(double share) {
    return static_cast<double>(next() >> 11U) < share * 9007199254740992.0;
  }
  Duration between(Duration low, Duration high) {
    const auto span = static_cast<std::uint64_t>((high - low).count());
    return low + Duration(static_cast<std::int64_t>(below(span + 1)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace drover::sim
