#include "scheduler/query/reuse.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/types/signature.hpp"
#include "scheduler/query/names.hpp"
#include "scheduler/query/step_inputs.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t window_items = 4096;
constexpr std::uint64_t window_bytes = 1 << 20;

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
    const std::string why = old == (*old_plan)->steps.end()
                                ? "there was no such step"
                                : why_of_no_use(step, *old, stored->steps.at(place));
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

// ------------------------------------------------------------------ which items

void ReuseFinder::Waiting::add(const Digest& digest, ItemIndex item) {
  if (young_.size() >= reuse_window) old_ = std::exchange(young_, {});
  young_.emplace(digest, item);
}

std::optional<ItemIndex> ReuseFinder::Waiting::take(const Digest& digest) {
  for (auto* items : {&old_, &young_}) {
    const auto found = items->find(digest);
    if (found == items->end()) continue;
    const ItemIndex item = found->second;
    items->erase(found);
    return item;
  }
  return std::nullopt;
}

ReuseFinder::ReuseFinder(StepItems now, StepItems then, IntervalSet done)
    : now_{std::move(now)}, then_{std::move(then)}, done_(std::move(done)) {}

Result<bool> ReuseFinder::advance(Store& store) {
  if (!std::exchange(begun_, true)) {
    auto same = same_whole_inputs(store);
    if (!same || !*same) return same;
  }
  const ItemIndex now_first = now_.next;
  const auto news = read(now_, store);
  if (!news) return tl::unexpected(news.error());
  for (std::size_t i = 0; i < news->size(); ++i) {
    if (const auto then = then_.waiting.take(news->at(i))) {
      meet(now_first + i, *then);
    } else {
      now_.waiting.add(news->at(i), now_first + i);
    }
  }
  const ItemIndex then_first = then_.next;
  const auto olds = read(then_, store);
  if (!olds) return tl::unexpected(olds.error());
  for (std::size_t i = 0; i < olds->size(); ++i) {
    if (!done_.contains(then_first + i)) continue;
    if (const auto now = now_.waiting.take(olds->at(i))) {
      meet(*now, then_first + i);
    } else {
      then_.waiting.add(olds->at(i), then_first + i);
    }
  }
  return !news->empty() || !olds->empty();
}

/// What all items are given alike. Lists given whole are not compared: they are taken to differ.
Result<bool> ReuseFinder::same_whole_inputs(Store& store) const {
  const auto& now = now_.of.plan->steps.at(now_.of.step).arguments;
  const auto& then = then_.of.plan->steps.at(then_.of.step).arguments;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i].feed == Feed::Each) continue;
    for (const auto* argument : {&now[i], &then.at(i)}) {
      const auto* result = std::get_if<StepResult>(&argument->source.from);
      if (result != nullptr && result->part != Part::Value) return false;
    }
    const auto value = value_of(now[i].source, InputOrigin{now_.of.run, *now_.of.plan, &store});
    const auto before = value_of(then[i].source, InputOrigin{then_.of.run, *then_.of.plan, &store});
    if (!value || !before || *value != *before) return false;
  }
  return true;
}

Result<std::vector<ReuseFinder::Digest>> ReuseFinder::read(Side& side, Store& store) {
  std::vector<Digest> digests;
  const Range wanted{side.next, std::min(side.of.count, side.next + window_items)};
  if (wanted.empty()) return digests;
  std::vector<Columns> columns;
  std::vector<std::vector<std::uint64_t>> stamps;
  std::size_t count = wanted.size();
  for (const PlanArgument& argument : side.of.plan->steps.at(side.of.step).arguments) {
    if (argument.feed != Feed::Each) continue;
    auto column = column_of(argument.source, wanted, window_bytes,
                            InputOrigin{side.of.run, *side.of.plan, &store});
    if (!column) return tl::unexpected(column.error());
    count = std::min(count, column->size());
    columns.push_back(std::move(*column));
    stamps.emplace_back();
    const auto* result = std::get_if<StepResult>(&argument.source.from);
    if (result == nullptr) continue;
    auto stamped =
        store.read_stamps({side.of.run, result->step}, {wanted.first, wanted.first + count});
    if (!stamped) return tl::unexpected(stamped.error());
    stamps.back() = std::move(*stamped);
  }
  std::string inputs;
  for (std::size_t i = 0; i < count; ++i) {
    inputs.clear();
    for (std::size_t c = 0; c < columns.size(); ++c) {
      inputs += columns[c].value(i);  // Encoded: it has an end of its own.
      const std::uint64_t stamp = i < stamps[c].size() ? stamps[c][i] : 0;
      inputs.append(reinterpret_cast<const char*>(&stamp), sizeof stamp);
    }
    const XXH128_hash_t hash = XXH3_128bits(inputs.data(), inputs.size());
    digests.push_back({hash.low64, hash.high64});
  }
  side.next += count;
  return digests;
}

void ReuseFinder::meet(ItemIndex now, ItemIndex then) {
  if (!found_.empty()) {
    MovedItems& last = found_.back();
    if (last.items.last == now && last.from + last.items.size() == then) {
      ++last.items.last;
      return;
    }
  }
  found_.push_back({{now, now + 1}, then});
}

std::vector<MovedItems> ReuseFinder::found() const {
  std::vector<MovedItems> all = found_;
  std::ranges::sort(all, {}, [](const MovedItems& part) { return part.items.first; });
  std::vector<MovedItems> joined;
  for (const MovedItems& part : all) {
    const bool follows = !joined.empty() && joined.back().items.last == part.items.first &&
                         joined.back().from + joined.back().items.size() == part.from;
    if (follows) {
      joined.back().items.last = part.items.last;
    } else {
      joined.push_back(part);
    }
  }
  return joined;
}

Result<ReuseFinder> reuse_finder(const StepRef& step, const StepRef& from,
                                 std::shared_ptr<const Plan> plan,
                                 std::shared_ptr<const Plan> from_plan, std::uint64_t count,
                                 Store& store) {
  auto stored = store.stored_run(from.run);
  if (!stored) return tl::unexpected(stored.error());
  StoredStep& old = stored->steps.at(from.step);
  return ReuseFinder({step.run, std::move(plan), step.step, count},
                     {from.run, std::move(from_plan), from.step, old.count}, std::move(old.done));
}

}  // namespace drover::scheduler
