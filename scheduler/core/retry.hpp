#pragma once

#include <cstdint>

#include "common/workflow/plan.hpp"
#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// How often an item is tried again after failures of this cause.
std::uint32_t retry_budget(const RetryBudgets& budgets, Cause cause);

/// May an item with these charges be tried again, the newest of which has this cause?
///
/// Budgets are separate for each cause (RELIABILITY.md C4): an item fails when one of them is used
/// up.
bool may_retry(const RetryBudgets& budgets, const Charges& charges, Cause cause);

/// How long to wait before try `failures` + 1: the first retry comes at once, later ones after an
/// exponential back-off with full jitter. Advances `random`.
Duration back_off(std::uint64_t& random, std::uint32_t failures);

}  // namespace drover::scheduler
