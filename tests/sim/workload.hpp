#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/causes.hpp"
#include "common/ids.hpp"
#include "common/wire/messages.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"
#include "tests/sim/cut.hpp"
#include "tests/sim/random.hpp"

/// What the simulated clients submit, and what must come of every item: a function of the item
/// alone.
namespace drover::sim {

enum class Fate : std::uint8_t { Good, UserError, Permanent, Crash, OutOfMemory, Timeout };

struct SimRun {
  RunId id;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const scheduler::RunSpec> spec;
  std::uint64_t seed = 0;
  std::optional<RunId>
      parent{};              ///< It is a rerun of this one, in which half of what failed is mended.
  bool failed_stay = false;  ///< A rerun that leaves failed items failed.
  bool reuses = false;       ///< No rerun: a new run that takes over items with the same inputs.
};

/// What a map step makes of the values of an item's arguments.
std::int64_t value_of(const std::vector<std::int64_t>& inputs);
/// What a reduction makes of a list.
std::int64_t value_of_list(std::uint64_t size);

class Workload {
 public:
  Workload(Random random, const Cut& cut);

  const SimRun& run(const RunId& id) const;
  const PlanStep& step(const StepRef& ref) const { return run(ref.run).plan->steps.at(ref.step); }
  Fate fate(const StepRef& ref, ItemIndex item) const;
  /// Null where the run is no rerun.
  const SimRun* parent(const RunId& id) const;
  Duration duration(const StepRef& ref, ItemIndex item) const;
  /// The list that a plain step returns when it runs under this lease: another one each time, so
  /// that a mixture shows.
  std::vector<std::int64_t> list_of(const StepRef& ref, const LeaseId& lease) const;

  std::vector<SimRun> runs;
  bool strict = false;  ///< Faults stay within T_LOST: no good item may start twice.

 private:
  void add_reruns(Random& random);
  void leave_out(const Cut& cut);

  std::uint64_t most_items_ = Cut::all;
  std::uint64_t front_ = 0;
  double bad_share_ = 0;
  double poison_share_ = 0;
  unsigned pace_ = 0;
};

}  // namespace drover::sim
