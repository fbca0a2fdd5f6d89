#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/interval_set.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"

namespace drover::scheduler {

/// What a rerun shall run again, beside what was not done.
struct Selection {
  bool failed_stay = false;                    ///< All failed items do, but those that are named.
  bool nothing_else = false;                   ///< Only failed and named items shall run.
  std::map<std::uint32_t, IntervalSet> named;  ///< By step.
};

/// What a rerun by `plan` takes over of its parent: one entry a step.
///
/// A step whose inputs change takes nothing over; one that maps item by item over a step that is
/// repeated keeps what is done.
/// Requires: the parent has ended, and has the steps of the plan.
std::vector<TakenOver> taken_over_from(const StoredRun& parent, const Plan& plan,
                                       const Selection& selection);

}  // namespace drover::scheduler
