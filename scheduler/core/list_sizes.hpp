#pragma once

#include <cstdint>

#include "common/interval_set.hpp"
#include "common/result.hpp"
#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// The items of a step that is about to open.
struct ItemsOfStep {
  std::uint64_t count = 1;  ///< 1 for a plain step.
  IntervalSet skipped;      ///< Their input failed in the step before.
};

/// Counts what the step maps over.
///
/// Requires: the steps it reads have succeeded.
/// Errors: Invalid where zipped lists differ in length, with the names and lengths of two that do.
Result<ItemsOfStep> list_to_map(const Run& run, const PlanStep& plan);

/// How many elements a list of this step has.
std::uint64_t list_size(const Run& run, const StepResult& result);

}  // namespace drover::scheduler
