#pragma once

#include <string>

#include "common/workflow/plan.hpp"

namespace drover::scheduler {

/// Why the list that a step returned is empty, as well as it can be said of any task:
/// `list_objects gave an empty list for prefix /in, suffixes .jpg and .png`.
std::string empty_list_text(const Plan& plan, const PlanStep& step);

}  // namespace drover::scheduler
