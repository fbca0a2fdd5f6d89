#include "scheduler/query/reuse.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/types/signature.hpp"
#include "scheduler/query/names.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t some_elements = 4096;

/// Why nothing of `old` can be taken over by `step`, or nothing where it may.
std::string why_of_no_use(const PlanStep& step, const PlanStep& old, const StoredStep& stored) {
  if (!old.map) return "it ran once there";
  if (to_string(step.task) != to_string(old.task))
    return step.task.name == old.task.name ? "its task has other types now" : "its task is another";
  if (!stored.opening || stored.done.empty()) return "nothing of it was done there";
  for (std::size_t i = 0; i < step.arguments.size(); ++i) {
    const PlanArgument& now = step.arguments[i];
    const PlanArgument& then = old.arguments.at(i);
    if (now.feed != then.feed) return fmt::format("its '{}' is given in another way", now.name);
    const auto* value = std::get_if<Constant>(&now.source.from);
    const auto* before = std::get_if<Constant>(&then.source.from);
    const bool differ = value != nullptr && before != nullptr && *value != *before;
    if (now.feed == Feed::Whole && differ)
      return fmt::format("its '{}' had another value there", now.name);
  }
  return "";
}

/// Why the items' files cannot be told from others of their names, or nothing. `reused`: what is
/// used of the steps before.
Result<std::string> why_files_are_unknown(const PlanStep& step, const Plan& plan,
                                          const FoundRun& from, const PlanStep& old,
                                          const Reuse& reuse, Store& store) {
  for (std::size_t i = 0; i < step.arguments.size(); ++i) {
    const PlanArgument& argument = step.arguments[i];
    if (argument.feed != Feed::Each || !contains(argument.type, Type::Kind::Uri)) continue;
    const auto* result = std::get_if<StepResult>(&argument.source.from);
    const auto* before = std::get_if<StepResult>(&old.arguments.at(i).source.from);
    if (result == nullptr || before == nullptr) {
      return fmt::format(
          "its '{}' names files itself, so it is not known whether they changed; what list_objects "
          "or read_list lists is",
          argument.name);
    }
    const PlanStep& maker = plan.steps.at(result->step);
    if (maker.map) {
      if (reuse.steps.at(result->step)) continue;
      return fmt::format("its '{}' are files of step '{}', of which nothing is used again",
                         argument.name, maker.name);
    }
    const auto stamps = store.read_stamps({from.id(), before->step}, {0, some_elements});
    if (!stamps) return tl::unexpected(stamps.error());
    const bool none = std::ranges::all_of(*stamps, [](std::uint64_t stamp) { return stamp == 0; });
    if (none)
      return fmt::format(
          "the task '{}' of step '{}' does not say when the files of its list were written, as "
          "list_objects and read_list do",
          maker.task.name, maker.name);
  }
  return "";
}

/// Where tasks were built anew, what the client wants to become of what they gave before: asks it,
/// or uses nothing of those steps.
Result<void> settle_changed(PreparedReuse& prepared, Changed wanted, const Plan& plan,
                            const std::string& name, const State& state, Store& store) {
  if (wanted == Changed::Keep) return {};
  const auto from = store.steps(prepared.reuse.from);
  if (!from) return tl::unexpected(from.error());
  std::map<std::uint32_t, Keeps> keeps;
  for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
    if (const auto place = prepared.reuse.steps[i])
      keeps[i] = Keeps{&plan.steps[i], &from->at(*place), from->at(*place).items.done};
  }
  const auto changed = changed_tasks(keeps, state);
  if (wanted == Changed::Ask && !changed.empty()) prepared.changed = wire::ChangedTasks{name, {}};
  for (const auto& [step, task] : changed) {
    if (prepared.changed) {
      prepared.changed->steps.push_back(task);
    } else {
      prepared.reuse.steps[step].reset();
      prepared.remarks.push_back(
          fmt::format("nothing of run {} is used again for step '{}': its task '{}' was built anew",
                      name, task.step, task.task));
    }
  }
  return {};
}

}  // namespace

Result<PreparedReuse> prepare_reuse(const std::string& run, Changed changed, const Plan& plan,
                                    const LiveView& view, Store& store) {
  const auto from = find_run(run, view, store, nullptr);
  if (!from) return fail("--reuse", from.error());
  const std::string name = short_id(from->id(), store);
  if (from->row.state == RunState::Running) {
    return fail(ErrorCode::Invalid,
                fmt::format("run {} has not ended, so it is not known what of it can be used "
                            "again; wait for it, or end it:  drover cancel {}",
                            name, name));
  }
  const auto old_plan = plan_of_found(*from);
  if (!old_plan) return tl::unexpected(old_plan.error());
  const auto stored = store.stored_run(from->id());
  if (!stored) return tl::unexpected(stored.error());

  PreparedReuse prepared{Reuse{from->id(), {}}, {}, {}};
  prepared.reuse.steps.resize(plan.steps.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    if (!step.map) continue;
    const auto old = std::ranges::find((*old_plan)->steps, step.name, &PlanStep::name);
    const auto place = static_cast<std::uint32_t>(old - (*old_plan)->steps.begin());
    std::string why = old == (*old_plan)->steps.end()
                          ? "there was no such step"
                          : why_of_no_use(step, *old, stored->steps.at(place));
    if (why.empty()) {
      auto unknown = why_files_are_unknown(step, plan, *from, *old, prepared.reuse, store);
      if (!unknown) return tl::unexpected(unknown.error());
      why = std::move(*unknown);
    }
    if (why.empty()) {
      prepared.reuse.steps[i] = place;
    } else {
      prepared.remarks.push_back(
          fmt::format("nothing of run {} is used again for step '{}': {}", name, step.name, why));
    }
  }
  if (std::ranges::any_of(prepared.reuse.steps, [](const auto& one) { return one.has_value(); })) {
    if (auto settled = settle_changed(prepared, changed, plan, name, view.state, store); !settled)
      return tl::unexpected(settled.error());
    return prepared;
  }
  return fail(ErrorCode::Invalid,
              fmt::format("{}{}\n  without --reuse everything runs",
                          prepared.remarks.empty()
                              ? "no step of the workflow maps, and only items are used again"
                              : "",
                          fmt::join(prepared.remarks, "; ")));
}

}  // namespace drover::scheduler
