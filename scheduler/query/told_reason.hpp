#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/workflow/plan.hpp"
#include "scheduler/store/rows.hpp"

namespace drover::scheduler {

/// The reason of a failed step or of its run, with what failed. Of a step that runs once the core
/// says only that it failed; with what, its one attempt knows, which `groups` have.
std::string told_reason(std::string_view reason, const Plan& plan,
                        std::span<const FailureGroup> groups);

}  // namespace drover::scheduler
