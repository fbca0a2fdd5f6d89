#pragma once

#include <caf/fwd.hpp>
#include <memory>

#include "scheduler/core/effect.hpp"
#include "scheduler/query/stored_plan.hpp"

namespace drover::scheduler {

/// Has the store actor compare the items, in many short jobs so that others get their turn; tells
/// the scheduler ReuseFound. What cannot be read is not found: its items run.
void find_reuse(const FindReuse& order, const caf::actor& store, const caf::actor& scheduler,
                std::shared_ptr<StoredPlans> plans);

}  // namespace drover::scheduler
