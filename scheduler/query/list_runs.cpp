#include <algorithm>

#include "scheduler/query/asking.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint32_t most_runs = 1000;

Result<wire::RunRow> row_of(const Asking& asking, const FoundRun& run) {
  wire::RunRow row;
  row.run = run.id();
  row.short_id = short_id(run.id(), asking.store);
  row.name = run.row.name;
  row.state = name_of(run.row.state);
  row.reason = run.row.reason;
  row.created_ms = run.row.created.milliseconds;
  if (run.row.ended) row.ended_ms = run.row.ended->milliseconds;
  row.seconds = seconds_between(run.row.created, run.row.ended.value_or(asking.context.now));
  row.item_word = run.item_word();
  row.submitted_by = run.row.submitted_by;
  const auto steps = asking.store.steps(run.id());
  if (!steps) return tl::unexpected(steps.error());
  for (const StepRow& step : *steps) {
    if (run.plan && !run.plan->steps.at(step.step).map) continue;
    if (!step.opened) continue;
    row.total += step.items.count;
    row.done += step.items.done;
    row.failed += step.items.failed;
  }
  return row;
}

}  // namespace

Result<wire::Runs> list_runs(const Asking& asking, const wire::ListRuns& request) {
  auto rows = asking.store.runs(std::min(request.limit, most_runs));
  if (!rows) return tl::unexpected(rows.error());
  wire::Runs answer;
  for (RunRow& found : *rows) {
    const FoundRun run =
        with_plan(std::move(found), asking.view, asking.store, asking.context.plans.get());
    auto row = row_of(asking, run);
    if (!row) return tl::unexpected(row.error());
    answer.runs.push_back(std::move(*row));
  }
  return answer;
}

}  // namespace drover::scheduler
