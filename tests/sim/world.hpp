#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/units.hpp"
#include "tests/sim/random.hpp"

namespace drover::sim {

/// The clock and everything that is still to happen, ordered by (time, sequence); and what was
/// seen.
class World {
 public:
  explicit World(std::uint64_t seed) : random(seed) {}

  void post(Duration delay, std::function<void()> act) {
    queue_.emplace(std::pair{now + delay, next_++}, std::move(act));
  }
  /// Makes the next thing happen; false where nothing is left.
  bool run_next();

  /// A line of the history.
  void note(std::string_view who, const std::string& what);
  /// Something that must never be is.
  void fail(const std::string& what);

  bool failed() const { return !problem.empty(); }
  std::string history() const;

  Instant now;
  Random random;
  std::string problem;  ///< The first; empty where all is well.
  std::uint64_t trace_hash = 0xcbf29ce484222325ULL;
  std::uint64_t events = 0;
  std::size_t lines_kept = 60;

 private:
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t next_ = 0;
  std::deque<std::string> lines_;
};

}  // namespace drover::sim
