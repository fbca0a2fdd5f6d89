#include "scheduler/query/told_reason.hpp"

#include <fmt/format.h>

namespace drover::scheduler {

std::string told_reason(std::string_view reason, const Plan& plan,
                        std::span<const FailureGroup> groups) {
  for (const FailureGroup& group : groups) {
    const PlanStep& step = plan.steps.at(group.step);
    const std::string bare = fmt::format("'{}' failed", step.name);
    if (step.map || group.reason.empty() || !reason.ends_with(bare)) continue;
    return std::string(reason.substr(0, reason.size() - bare.size())) +
           group.reason.substr(0, group.reason.find('\n'));
  }
  return std::string(reason);
}

}  // namespace drover::scheduler
