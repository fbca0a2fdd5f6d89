#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/units.hpp"
#include "tests/sim/cut.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/random.hpp"

namespace drover::sim {

/// Each part of the world draws from a sequence of its own, so that what is left out of one moves
/// the others as little as can be.
enum class Stream : std::uint64_t {
  Faults,
  FaultPlan,
  Workload,
  Network,
  Scheduler,
  Clients,
  Agents
};

/// The clock and everything that is still to happen, ordered by (time, sequence); and what was
/// seen.
class World {
 public:
  World(std::uint64_t seed, Cut left_out)
      : cut(std::move(left_out)), seed_(seed), strikes_(stream(Stream::Faults)) {}

  /// The choices of one part of the world.
  Random stream(Stream part, std::uint64_t number = 0) const {
    return {seed_, (static_cast<std::uint64_t>(part) << 8U) + number + (cut.salt << 16U)};
  }
  /// The same whatever the cut's salt is: what there is to do.
  Random unsalted(Stream part) const { return {seed_, static_cast<std::uint64_t>(part) << 8U}; }

  void post(Duration delay, std::function<void()> act) {
    queue_.emplace(std::pair{now + delay, next_++}, std::move(act));
  }
  /// Makes the next thing happen; false where nothing is left.
  bool run_next();

  /// Does a fault of this share strike? Then its details are to be drawn from what is returned.
  /// Faults are numbered as they strike, so that each can be left out by itself.
  std::optional<Random> strikes(double share, const char* what);
  std::uint64_t faults() const { return faults_; }

  /// A line of the history.
  void note(std::string who, std::string what) { note(Line{now, std::move(who), std::move(what)}); }
  /// What the line before it caused.
  void note_effect(std::string what) { note(Line{now, "", std::move(what), true}); }
  /// Something that must never be is.
  void fail(const std::string& what);

  bool failed() const { return !problem.empty(); }

  const Cut cut;
  Instant now;
  std::string problem;  ///< The first; empty where all is well.
  std::uint64_t trace_hash = 0xcbf29ce484222325ULL;
  std::uint64_t events = 0;
  std::size_t lines_kept = 60;
  std::deque<Line> lines;

 private:
  void note(Line line);

  std::uint64_t seed_;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t next_ = 0;
  Random strikes_;
  std::uint64_t faults_ = 0;
};

}  // namespace drover::sim
