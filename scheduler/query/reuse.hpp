#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/live_view.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/query/changed_tasks.hpp"
#include "scheduler/store/store.hpp"

/// `drover run --reuse RUN`: items that are done there with the same inputs are not run again.
namespace drover::scheduler {

/// What a new run may take over of another one, before any of its lists is known.
struct PreparedReuse {
  Reuse reuse;
  std::vector<std::string> remarks;  ///< Steps of which nothing can be taken over, and why.
  /// Set where the client asks what has changed, and something has: then nothing is to be started.
  std::optional<wire::ChangedTasks> changed{};
};

/// Pairs the steps of `plan` that map with those of the run by name. Only those of the same task,
/// given the same constants, are of use; plain steps always run. `changed`: as in wire::Rerun.
/// Errors: NotFound for the run; Invalid where it has not ended, or no step is of use.
Result<PreparedReuse> prepare_reuse(const std::string& run, Changed changed, const Plan& plan,
                                    const LiveView& view, Store& store);

}  // namespace drover::scheduler
