#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "scheduler/core/executing.hpp"
#include "scheduler/core/explain_text.hpp"
#include "scheduler/core/other_types.hpp"
#include "scheduler/query/asking.hpp"
#include "scheduler/query/empty_list.hpp"
#include "scheduler/query/failure_kinds.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t most_groups = 100;
constexpr std::uint64_t most_events = 100;

/// `1%` or a number, as a workflow has it; empty where it allows none.
std::string spelled(const AllowFailed& allowed) {
  if (allowed.is_share) return fmt::format("{:g}%", allowed.share * 100);
  return allowed.count == 0 ? "" : std::to_string(allowed.count);
}

/// What the plan says of the step.
void add_plan(const Plan& plan, std::uint32_t index, wire::StepStatus& status) {
  const PlanStep& step = plan.steps.at(index);
  status.task = step.task.name;
  status.map = step.map;
  status.allow_failed = spelled(step.options.allow_failed);
  status.allowed_failed = step.options.allow_failed.of(status.total.value_or(0));
  if (status.state == name_of(StepState::Waiting)) {
    for (const auto read : step.reads) status.waits_for.push_back(plan.steps.at(read).name);
  }
}

/// Slots that are at work for the step.
std::uint32_t slots_in_use(const State& state, const StepRef& ref) {
  std::uint32_t count = 0;
  for (const auto& [id, agent] : state.agents) {
    for (const auto& [number, slot] : agent.slots) {
      if (!slot.leases.empty() && state.leases.at(slot.leases.front()).step == ref) ++count;
    }
  }
  return count;
}

/// What the core knows of a step of an active run, which is newer than the store's or the same.
void add_live(const Asking& asking, const FoundRun& run, const StepRow& row,
              wire::StepStatus& status) {
  const StepRef ref{run.id(), row.step};
  const Step& step = run.live->steps.at(row.step);
  status.state = name_of(step.state);
  status.reason = step.reason;
  if (step.opening) status.total = step.count;
  status.done = step.done;
  status.failed = step.failed.size();
  status.skipped = step.skipped.size();
  status.cancelled = step.cancelled;
  status.list_size = step.list_size.value_or(0);
  status.item_seconds = step.call_seconds;
  status.slot_seconds = step.slot_seconds;
  const StepExplanation why = explain(asking.state(), ref, asking.view.now);
  status.waiting = why.waiting;
  status.running = why.running;
  status.retrying = why.retrying;
  if (step.state == StepState::Running) status.slots_in_use = slots_in_use(asking.state(), ref);
  if (step.state == StepState::Running && !step.of_older_life) {
    status.seconds = std::chrono::duration<double>(asking.view.now - step.opened_at).count();
  }
  if (why.running == 0 && !why.reasons.empty()) {
    const Wording wording{run.item_word(),
                          [&](const RunId& id) { return short_id(id, asking.store); }};
    // Slots that cannot are of several kinds; any other reason comes before what follows it.
    const auto& first = why.reasons.front();
    status.reason = std::holds_alternative<SlotsCannot>(first) ? text_of(why.reasons, wording)
                                                               : text_of(first, wording);
  }
}

wire::StepStatus status_of(const Asking& asking, const FoundRun& run, const StepRow& row) {
  wire::StepStatus status;
  status.name = row.name;
  status.state = name_of(row.state);
  status.reason = row.reason;
  if (row.opened) status.total = row.items.count;
  status.done = row.items.done;
  status.failed = row.items.failed;
  status.skipped = row.items.skipped;
  status.cancelled = row.items.cancelled;
  status.waiting = row.items.open();
  status.kept = row.kept;
  for (const RunId& maker : row.kept_from)  // A rerun has its parent's inputs, also `results`.
    status.kept_in.push_back(results_folder(run.row.results, maker));
  status.builds = row.builds;
  status.list_size = row.list_size.value_or(0);
  if (row.opened) {
    status.opened_ms = row.opened->milliseconds;
    status.seconds = seconds_between(*row.opened, row.ended.value_or(asking.context.now));
  }
  if (row.ended) status.ended_ms = row.ended->milliseconds;
  status.item_seconds = row.call_seconds;
  status.slot_seconds = row.slot_seconds;
  if (run.live != nullptr) {
    add_live(asking, run, row, status);
  } else if (asking.state().store_full && row.state == StepState::Running) {
    status.reason = text_of(StorageFull{}, Wording{run.item_word(), {}});
  }
  if (run.plan) add_plan(*run.plan, row.step, status);
  const auto list_size =
      run.live != nullptr ? run.live->steps.at(row.step).list_size : row.list_size;
  if (run.plan && status.state == name_of(StepState::Succeeded) && list_size == 0) {
    status.reason = empty_list_text(*run.plan, run.plan->steps.at(row.step));
  }
  return status;
}

Result<void> add_failures(const Asking& asking, const FoundRun& run, wire::RunStatus& status) {
  auto groups = asking.store.failure_groups(run.id());
  if (!groups) return tl::unexpected(groups.error());
  if (groups->size() > most_groups) groups->resize(most_groups);
  for (const FailureGroup& group : *groups) {
    const StepRef ref{run.id(), group.step};
    const auto attempts = asking.store.read_attempts(ref, group.example);
    if (!attempts) return tl::unexpected(attempts.error());
    const bool known = !attempts->empty() && attempts->back().cause;
    ItemKeys keys(run.id(), run.plan.get(), group.step, asking.store);
    const std::string key = keys.key(group.example);
    status.failures.push_back({status.steps.at(group.step).name, group.count,
                               std::string(known ? name_of(*attempts->back().cause) : ""),
                               text_of_group(group, key), group.example, key});
  }
  return {};
}

void add_pool(const State& state, wire::RunStatus& status) {
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    for (const auto& [number, slot] : agent.slots) {
      ++status.slots_total;
      if (is_busy(agent, slot)) ++status.slots_busy;
    }
  }
}

wire::RunStatus head_of(const Asking& asking, const FoundRun& run) {
  const RunRow& row = run.row;
  wire::RunStatus status;
  status.run = row.run;
  status.short_id = short_id(row.run, asking.store);
  status.name = row.name;
  status.state = name_of(row.state);
  status.reason = row.reason;
  status.created_ms = row.created.milliseconds;
  if (row.ended) status.ended_ms = row.ended->milliseconds;
  status.now_ms = asking.context.now.milliseconds;
  status.seconds = seconds_between(row.created, row.ended.value_or(asking.context.now));
  status.item_word = run.item_word();
  status.results = results_folder(row.results, row.run);
  status.submitted_by = row.submitted_by;
  status.parent = row.parent;
  status.reuses = row.reuses;
  if (!run.plan) {
    status.reason = fmt::format("its workflow is not understood any more: {}", run.plan_error);
    return status;
  }
  for (const auto output : run.plan->outputs) {
    status.outputs.push_back(run.plan->steps.at(output).name);
  }
  return status;
}

}  // namespace

Result<wire::RunStatus> show_run(const Asking& asking, const std::string& text) {
  const auto run = asking.find(text);
  if (!run) return tl::unexpected(run.error());
  wire::RunStatus status = head_of(asking, *run);
  const auto steps = asking.store.steps(run->id());
  if (!steps) return tl::unexpected(steps.error());
  for (const StepRow& step : *steps) status.steps.push_back(status_of(asking, *run, step));
  if (auto added = add_failures(asking, *run, status); !added) return tl::unexpected(added.error());
  const auto events = asking.store.events(run->id(), most_events);
  if (!events) return tl::unexpected(events.error());
  for (const EventRow& event : *events) {
    status.events.push_back({event.at.milliseconds, event.text});
  }
  add_pool(asking.state(), status);
  if (run->row.state != RunState::Running) {
    if (const auto stored = asking.store.stored_run(run->id()); stored && stored->spec)
      status.anew = run_command(*stored->spec);
  }
  return status;
}

}  // namespace drover::scheduler
