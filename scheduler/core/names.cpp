#include "scheduler/core/save.hpp"

namespace drover::scheduler {

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Running:
      return "running";
    case RunState::Succeeded:
      return "succeeded";
    case RunState::Failed:
      return "failed";
    case RunState::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view name_of(StepState state) {
  switch (state) {
    case StepState::Waiting:
      return "waiting";
    case StepState::Running:
      return "running";
    case StepState::Succeeded:
      return "succeeded";
    case StepState::Failed:
      return "failed";
    case StepState::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace drover::scheduler
