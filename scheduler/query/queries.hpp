#pragma once

#include <memory>
#include <string>

#include "common/result.hpp"
#include "common/units.hpp"
#include "common/wire/envelope.hpp"
#include "scheduler/core/live_view.hpp"
#include "scheduler/query/names.hpp"
#include "scheduler/query/stored_plan.hpp"
#include "scheduler/store/store.hpp"

/// What clients ask and nothing is changed by. Active runs are answered from the view, the rest
/// from the store: whoever calls this hands over a store that has all that was saved before the
/// view was taken.
namespace drover::scheduler {

/// What of a view may be shown beside a store that lacks the newest saves, because the disk is
/// full: agents and tasks, but no runs. What the store has of these is the answer then.
LiveView without_runs(LiveView view);

struct QueryContext {
  std::string version;  ///< Of the scheduler's build.
  WallTime now;
  Duration uptime{};
  /// Plans of ended runs, kept from one query to the next; without it they are made each time.
  std::shared_ptr<StoredPlans> plans = nullptr;
};

/// Answers ListRuns, ShowRun, Wait (with the status as it is now), ListItems, ReadResults, Explain,
/// ListAgents, ListTasks and Ping; anything else by Failed{Unsupported}.
wire::ClientReply answer(const wire::ClientRequest& request, const LiveView& view, Store& store,
                         const QueryContext& context);

/// The answer to a Submit or Rerun that was taken, or to a dry run.
wire::Submitted submitted(const RunId& run, const Plan& plan, bool already, Store& store);

/// The same for a run that is stored.
wire::ClientReply submitted(const RunId& run, bool already, Store& store);

/// Which attempt at which item, and who has its log.
struct AttemptPlace {
  RunId run;
  std::string step;  ///< Name.
  ItemIndex item = 0;
  std::string key;
  std::uint32_t attempt = 1;
  AgentId agent;
  LeaseId lease;
};
/// Errors: NotFound for a name that is not there, and where the item or that attempt has not run.
Result<AttemptPlace> locate_attempt(const wire::Log& request, const LiveView& view, Store& store);

}  // namespace drover::scheduler
