#include "scheduler/query/queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "scheduler/query/asking.hpp"

namespace drover::scheduler {
namespace {

template <class Message>
wire::ClientReply reply(Result<Message> made) {
  if (!made) return wire::Failed{made.error().code, made.error().context};
  return std::move(*made);
}

struct Answering {
  const Asking& asking;

  wire::ClientReply operator()(const wire::ListRuns& request) const {
    return reply(list_runs(asking, request));
  }
  wire::ClientReply operator()(const wire::ShowRun& request) const {
    return reply(show_run(asking, request.run));
  }
  wire::ClientReply operator()(const wire::Wait& request) const {
    return reply(show_run(asking, request.run));
  }
  wire::ClientReply operator()(const wire::ListItems& request) const {
    return reply(list_items(asking, request));
  }
  wire::ClientReply operator()(const wire::ReadResults& request) const {
    return reply(read_results(asking, request));
  }
  wire::ClientReply operator()(const wire::Explain& request) const {
    return reply(explain_request(asking, request));
  }
  wire::ClientReply operator()(const wire::ListAgents&) const { return reply(list_agents(asking)); }
  wire::ClientReply operator()(const wire::ListTasks& request) const {
    return reply(list_tasks(asking, request));
  }
  wire::ClientReply operator()(const wire::Ping&) const { return ping(asking); }

  template <class Request>
  wire::ClientReply operator()(const Request&) const {
    return wire::Failed{ErrorCode::Unsupported, "this request changes something: it is no query"};
  }
};

}  // namespace

double seconds_between(WallTime from, WallTime to) {
  return static_cast<double>(std::max<std::int64_t>(to.milliseconds - from.milliseconds, 0)) / 1e3;
}

LiveView without_runs(LiveView view) {
  view.state.runs.clear();
  view.state.leases.clear();
  for (auto& [id, agent] : view.state.agents) {
    for (auto& [number, slot] : agent.slots) slot.leases.clear();
  }
  view.state.store_full = true;
  return view;
}

wire::ClientReply answer(const wire::ClientRequest& request, const LiveView& view, Store& store,
                         const QueryContext& context) {
  const Asking asking{view, store, context};
  return std::visit(Answering{asking}, request);
}

wire::Submitted submitted(const RunId& run, const Plan& plan, bool already, Store& store) {
  wire::Submitted answer{run, short_id(run, store), plan.name, {}, already, {}};
  for (const auto& step : plan.steps) answer.steps.push_back(step.name);
  return answer;
}

wire::ClientReply submitted(const RunId& run, bool already, Store& store) {
  const auto row = store.run(to_string(run));
  if (!row) return wire::Failed{row.error().code, row.error().context};
  const auto steps = store.steps(run);
  if (!steps) return wire::Failed{steps.error().code, steps.error().context};
  wire::Submitted answer{run, short_id(run, store), row->name, {}, already, {}};
  for (const auto& step : *steps) answer.steps.push_back(step.name);
  return answer;
}

}  // namespace drover::scheduler
