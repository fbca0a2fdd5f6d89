#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "common/result.hpp"
#include "common/types/catalogue.hpp"
#include "common/wire/client_messages.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/live_view.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/store/store.hpp"

/// From what a client asks for to what the core is told.
namespace drover::scheduler {

/// A run that may be submitted.
struct Prepared {
  std::shared_ptr<const RunSpec> spec;
  std::shared_ptr<const Plan> plan;
};

/// Refuses an id that is all zeros: a client that forgot to make one would take another's run for
/// its own. Errors: Invalid.
Result<void> check_run_id(const RunId& run);

/// Checks a workflow against the tasks that are known. Everything that is wrong is in the answer,
/// and why a task is not known, as far as agents say it.
std::variant<Prepared, wire::Rejected> prepare_submit(const wire::Submit& request,
                                                      const State& state);

/// A sentence for each reason why steps of the plan could not run anywhere now, naming them: a
/// person would else look at a run that waits without a word.
std::vector<std::string> warnings_of(const std::shared_ptr<const Plan>& plan, const State& state,
                                     Instant now);

/// Was this rerun made before, so that the client only asks again? Errors: Exists where the id is
/// that of another run.
Result<bool> rerun_is_there(const wire::Rerun& request, Store& store);

struct PreparedRerun {
  std::shared_ptr<const RunSpec> spec;
  std::shared_ptr<const Plan> plan;
  RunId parent;
  std::vector<TakenOver> taken_over;  ///< One per step.
  /// Set where the client asks what has changed, and something has: then nothing is to be started.
  std::optional<wire::ChangedTasks> changed{};
};

/// What a rerun takes over from its parent and what it runs again (DESIGN.md 7).
///
/// A step whose inputs change takes nothing over; one that maps item by item over a step that is
/// repeated keeps what is done. Errors: NotFound for the parent or an item; Invalid while the
/// parent is active, for a bad `allow_failed` or `changed`, and where only failed or named items
/// shall run and others were not done, and where only failed ones shall and none failed; those of
/// plan_of(). Requires: it is not there yet.
Result<PreparedRerun> prepare_rerun(const wire::Rerun& request, const LiveView& view, Store& store);

}  // namespace drover::scheduler
