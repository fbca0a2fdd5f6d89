#include <fmt/format.h>

#include <optional>

#include "common/spelling.hpp"
#include "common/workflow/units_text.hpp"
#include "scheduler/core/other_types.hpp"
#include "scheduler/query/changed_tasks.hpp"
#include "scheduler/query/failure_kinds.hpp"
#include "scheduler/query/names.hpp"
#include "scheduler/query/submission.hpp"
#include "scheduler/query/taken_over.hpp"

namespace drover::scheduler {
namespace {

struct StepItem {
  std::uint32_t step = 0;
  ItemIndex item = 0;
};

/// Where several steps map over the same keys those are meant in which the item failed; else the
/// first: the others follow.
Result<void> name_item(const FoundRun& parent, const StoredRun& stored, const std::string& text,
                       Store& store, Selection& selection) {
  Error error{ErrorCode::NotFound, "no step of the run maps"};
  std::optional<StepItem> first;
  bool failed = false;
  for (std::uint32_t i = 0; i < parent.plan->steps.size(); ++i) {
    if (!parent.plan->steps[i].map || !stored.steps.at(i).opening) continue;
    const auto item = resolve_item(parent, i, text, store);
    if (!item) {
      error = item.error();
      continue;
    }
    if (!first) first = StepItem{i, *item};
    if (!stored.steps[i].failed.contains(*item)) continue;
    failed = true;
    selection.named[i].insert(Range{*item, *item + 1});
  }
  if (!first) return tl::unexpected(error);
  if (!failed) selection.named[first->step].insert(Range{first->item, first->item + 1});
  return {};
}

/// Refuses to run only what failed where nothing did: that run would be empty.
Result<void> check_some_failed(const FoundRun& parent, const StoredRun& stored,
                               const std::string& name) {
  if (parent.row.state == RunState::Failed) return {};
  for (const StoredStep& step : stored.steps) {
    if (!step.failed.empty()) return {};
  }
  return fail(ErrorCode::Invalid, fmt::format("nothing failed in {}; nothing to run again", name));
}

/// Refuses to run some items only where others were not done: what would become of those?
Result<void> check_others(const FoundRun& parent, const StoredRun& stored,
                          const Selection& selection, const std::string& name) {
  for (std::uint32_t i = 0; selection.nothing_else && i < stored.steps.size(); ++i) {
    const StoredStep& step = stored.steps[i];
    if (!step.opening || !parent.plan->steps[i].map) continue;
    IntervalSet ended = step.done;
    ended.insert(step.failed);
    ended.insert(step.skipped);
    if (const auto named = selection.named.find(i); named != selection.named.end()) {
      ended.insert(named->second);
    }
    const std::uint64_t open = step.count - ended.size();
    if (open == 0) continue;
    const std::string_view them = open == 1 ? "it" : "them";
    return fail(ErrorCode::Invalid,
                fmt::format("{} of '{}' {} not done in run {}, so a rerun cannot leave {} out:  "
                            "drover rerun {}   runs {} too",
                            counted(open, parent.item_word()), parent.plan->steps[i].name,
                            open == 1 ? "was" : "were", name, them, name, them));
  }
  return {};
}

/// Refuses what no agent could run: steps that are not taken over whole, of tasks that were built
/// anew with other types.
Result<void> check_types(const PreparedRerun& prepared, const LiveView& view,
                         const std::string& name) {
  for (std::size_t i = 0; i < prepared.plan->steps.size(); ++i) {
    const PlanStep& step = prepared.plan->steps[i];
    if (prepared.taken_over[i].complete || !has_only_other_types(view.state, step.task, view.now))
      continue;
    return fail(
        ErrorCode::Invalid,
        fmt::format("the task '{}' of step '{}' takes or returns other types than in run {}: "
                    "{}\n  a new run uses it as it is:  {}\n"
                    "  or build it as it was, and:  drover rerun {}",
                    step.task.name, step.name, name, then_and_now(view.state, step.task),
                    run_command(*prepared.spec), name));
  }
  return {};
}

/// What the rerun would keep of the parent.
std::map<std::uint32_t, Keeps> kept(const PreparedRerun& prepared,
                                    const std::vector<StepRow>& parent) {
  std::map<std::uint32_t, Keeps> keeps;
  for (std::uint32_t i = 0; i < prepared.taken_over.size(); ++i) {
    const TakenOver& taken = prepared.taken_over[i];
    keeps[i] = Keeps{&prepared.plan->steps[i], &parent.at(i), taken.done.size()};
  }
  return keeps;
}

/// Where tasks were built anew, what the client wants to become of what they gave before: asks it,
/// or has the steps run again whole.
Result<void> settle_changed(PreparedRerun& prepared, Changed wanted, const StoredRun& stored,
                            Selection selection, const State& state, Store& store) {
  if (wanted == Changed::Keep) return {};
  const auto parent = store.steps(prepared.parent);
  if (!parent) return tl::unexpected(parent.error());
  const auto changed = changed_tasks(kept(prepared, *parent), state);
  if (changed.empty()) return {};
  if (wanted == Changed::Ask) {
    prepared.changed = wire::ChangedTasks{short_id(prepared.parent, store), {}};
    for (const auto& [step, task] : changed) prepared.changed->steps.push_back(task);
    return {};
  }
  for (const auto& [step, task] : changed) {
    if (const auto count = stored.steps.at(step).count; count > 0)
      selection.named[step].insert(Range{0, count});
  }
  prepared.taken_over = taken_over_from(stored, *prepared.plan, selection);
  return {};
}

Result<std::shared_ptr<const RunSpec>> spec_of(const wire::Rerun& request, const RunSpec& parent) {
  RunSpec spec = parent;
  spec.submitted_by = request.submitted_by;
  if (request.allow_failed) {
    const auto allowed = parse_allow_failed(*request.allow_failed);
    if (!allowed) return fail("allow_failed", allowed.error());
    spec.inputs[allow_failed_override] = *request.allow_failed;
  }
  return std::make_shared<const RunSpec>(std::move(spec));
}

}  // namespace

Result<bool> rerun_is_there(const wire::Rerun& request, Store& store) {
  const auto row = store.run(to_string(request.run));
  if (!row && row.error().code == ErrorCode::NotFound) return false;
  if (!row) return tl::unexpected(row.error());
  const auto made = store.stored_run(request.run);
  if (!made) return tl::unexpected(made.error());
  // `last` meant the parent then, and means this run now.
  bool same = row->parent && (request.parent == "last" || is_named(*row->parent, request.parent));
  if (same) {
    const auto parent = store.stored_run(*row->parent);
    if (!parent) return tl::unexpected(parent.error());
    const auto spec = spec_of(request, *parent->spec);
    if (!spec) return tl::unexpected(spec.error());
    same = **spec == *made->spec;
  }
  if (same) return true;
  return fail(ErrorCode::Exists,
              fmt::format("run {} was submitted before as something else; a new run needs a new id",
                          to_string(request.run)));
}

Result<PreparedRerun> prepare_rerun(const wire::Rerun& request, const LiveView& view,
                                    Store& store) {
  const auto changed = parse_changed(request.changed);
  if (!changed) return tl::unexpected(changed.error());
  const auto parent = find_run(request.parent, view, store, nullptr);
  if (!parent) return tl::unexpected(parent.error());
  const std::string name = short_id(parent->id(), store);
  if (parent->row.state == RunState::Running) {
    return fail(
        ErrorCode::Invalid,
        fmt::format("run {} has not ended; wait for it, or end it:  drover cancel {}", name, name));
  }
  if (const auto known = plan_of_found(*parent); !known) return tl::unexpected(known.error());
  const auto stored = store.stored_run(parent->id());
  if (!stored) return tl::unexpected(stored.error());

  const auto spec = spec_of(request, *stored->spec);
  if (!spec) return tl::unexpected(spec.error());
  auto plan = plan_of(**spec);
  if (!plan) return tl::unexpected(plan.error());

  Selection selection;
  const bool names_some = !request.items.empty() || request.signature;
  const bool only_follows = request.allow_failed && !names_some;
  selection.failed_stay = (names_some || only_follows) && !request.failed_only;
  selection.nothing_else = names_some || request.failed_only;
  if (request.signature) {
    auto items = failed_like(parent->id(), *request.signature, store);
    if (!items) return tl::unexpected(items.error());
    selection.named = std::move(*items);
  }
  for (const auto& item : request.items) {
    if (auto found = name_item(*parent, *stored, item, store, selection); !found) {
      return tl::unexpected(found.error());
    }
  }
  if (auto others = check_others(*parent, *stored, selection, name); !others) {
    return tl::unexpected(others.error());
  }
  if (request.failed_only && request.items.empty()) {
    if (auto some = check_some_failed(*parent, *stored, name); !some) {
      return tl::unexpected(some.error());
    }
  }
  PreparedRerun prepared{*spec, std::move(*plan), parent->id(), {}, {}};
  prepared.taken_over = taken_over_from(*stored, *prepared.plan, selection);
  if (auto settled = settle_changed(prepared, *changed, *stored, selection, view.state, store);
      !settled) {
    return tl::unexpected(settled.error());
  }
  if (auto types = check_types(prepared, view, name); !types) {
    return tl::unexpected(types.error());
  }
  return prepared;
}

}  // namespace drover::scheduler
