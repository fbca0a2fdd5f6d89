#include "tools/render/run_parts.hpp"

#include <algorithm>

namespace drover::tools {
namespace {

const wire::StepStatus* step_of(const wire::RunStatus& run, const wire::FailureGroup& group) {
  const auto found = std::find_if(run.steps.begin(), run.steps.end(),
                                  [&](const auto& step) { return step.name == group.step; });
  return found == run.steps.end() ? nullptr : &*found;
}

}  // namespace

bool is_of_plain_step(const wire::RunStatus& run, const wire::FailureGroup& group) {
  const auto* step = step_of(run, group);
  return step != nullptr && !step->map;
}

std::string example_of(const wire::FailureGroup& group) {
  const std::string key =
      group.example_key.empty() ? std::to_string(group.example_item) : group.example_key;
  const auto slash = key.rfind('/');
  return slash == std::string::npos ? key : key.substr(slash + 1);
}

std::size_t map_steps(const wire::RunStatus& run) {
  return static_cast<std::size_t>(std::count_if(
      run.steps.begin(), run.steps.end(), [](const wire::StepStatus& step) { return step.map; }));
}

}  // namespace drover::tools
