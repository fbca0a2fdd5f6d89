#pragma once

#include <string>
#include <vector>

#include "common/wire/client_messages.hpp"
#include "scheduler/core/explain.hpp"
#include "scheduler/query/queries.hpp"

/// The parts of answer(), one for each request. Internal to this folder.
namespace drover::scheduler {

/// What every answer is made from.
struct Asking {
  const LiveView& view;
  Store& store;
  const QueryContext& context;

  const State& state() const { return view.state; }
  Result<FoundRun> find(const std::string& run) const {
    return find_run(run, view, store, context.plans.get());
  }
};

double seconds_between(WallTime from, WallTime to);  ///< Not below zero.

Result<wire::Runs> list_runs(const Asking& asking, const wire::ListRuns& request);
Result<wire::RunStatus> show_run(const Asking& asking, const std::string& run);
Result<wire::Items> list_items(const Asking& asking, const wire::ListItems& request);
Result<wire::ResultsPage> read_results(const Asking& asking, const wire::ReadResults& request);
Result<wire::Explanation> explain_request(const Asking& asking, const wire::Explain& request);
Result<wire::Agents> list_agents(const Asking& asking);
Result<wire::Tasks> list_tasks(const Asking& asking, const wire::ListTasks& request);
wire::Pong ping(const Asking& asking);

/// The lease that has the item now, or null.
const Lease* lease_of(const State& state, const StepRef& step, ItemIndex item);

}  // namespace drover::scheduler
