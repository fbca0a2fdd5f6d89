#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.hpp"
#include "common/types/catalogue.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// Not the name of an input: a rerun keeps the `allow_failed` that it overrides for all map steps
/// under this key of RunSpec::inputs, so that its plan can be made again.
inline constexpr const char* allow_failed_override = "--allow-failed";
/// Gives it to all map steps. Errors: Invalid where it is no share and no number.
Result<void> override_allow_failed(Plan& plan, const std::string& text);

/// The tasks that a run was made with. Errors: Invalid, naming the one that is not understood.
Result<Catalogue> catalogue_of(const RunSpec& spec);

/// Makes the plan of a stored run again: the same as when it was submitted, whatever agents offer
/// now. Errors: Invalid, with what is wrong, where a run of an older Drover is not understood.
Result<std::shared_ptr<const Plan>> plan_of(const RunSpec& spec);

/// Plans that were made before. A run's spec never changes, so a plan stays right.
///
/// Threads  One at a time.
class StoredPlans {
 public:
  /// The plan of the run, or null where it is not known.
  std::shared_ptr<const Plan> find(const RunId& run);
  void keep(const RunId& run, std::shared_ptr<const Plan> plan);

 private:
  static constexpr std::size_t most = 256;

  std::list<std::pair<RunId, std::shared_ptr<const Plan>>> recent_;  // newest first
};

/// The plan of a stored run: from `plans` where that is not null and knows it, else made and kept
/// there. Errors: as plan_of(), and those of the store.
Result<std::shared_ptr<const Plan>> plan_of_run(const RunId& run, Store& store, StoredPlans* plans);

}  // namespace drover::scheduler
