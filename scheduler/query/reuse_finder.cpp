#include "scheduler/query/reuse_finder.hpp"

#include <xxhash.h>

#include <algorithm>
#include <string>
#include <utility>

#include "scheduler/query/step_inputs.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t window_items = 4096;
constexpr std::uint64_t window_bytes = 1 << 20;

/// Values of one `each` argument, and what is known beside them.
struct Column {
  Columns values;
  std::vector<std::uint64_t> stamps{};  // none, or of the first ones
  std::vector<bool> moved{};            // likewise
  bool names_files = false;

  std::uint64_t stamp(std::size_t i) const { return i < stamps.size() ? stamps[i] : 0; }
  /// Is it known what its files hold?
  bool is_known(std::size_t i) const {
    return !names_files || stamp(i) != 0 || (i < moved.size() && moved[i]);
  }
};

Result<Column> read_column(const PlanArgument& argument, Range wanted, const InputOrigin& origin) {
  auto values = column_of(argument.source, wanted, window_bytes, origin);
  if (!values) return tl::unexpected(values.error());
  Column column{std::move(*values)};
  column.names_files = contains(argument.type, Type::Kind::Uri);
  const auto* result = std::get_if<StepResult>(&argument.source.from);
  if (result == nullptr) return column;
  const StepRef step{origin.run, result->step};
  const Range read{wanted.first, wanted.first + column.values.size()};
  if (!origin.plan.steps.at(result->step).map) {
    auto stamps = origin.store->read_stamps(step, read);
    if (!stamps) return tl::unexpected(stamps.error());
    column.stamps = std::move(*stamps);
  } else if (column.names_files && result->part != Part::Failed) {
    auto moved = origin.store->read_moved(step, result->part, read);
    if (!moved) return tl::unexpected(moved.error());
    column.moved = std::move(*moved);
  }
  return column;
}

/// Does the source take anything that a step made?
bool takes_results(const Source& source) {
  const auto any = [](const std::vector<Source>& parts) {
    return std::ranges::any_of(parts, takes_results);
  };
  if (const auto* list = std::get_if<MakeList>(&source.from)) return any(list->elements);
  if (const auto* text = std::get_if<Interpolate>(&source.from)) return any(text->parts);
  return std::holds_alternative<StepResult>(source.from);
}

/// Can it not be told whether what all items are given is the same? Lists of any length are not
/// compared, and of files that a step names here nothing is known.
bool is_taken_to_differ(const PlanArgument& argument) {
  const auto* result = std::get_if<StepResult>(&argument.source.from);
  if (result != nullptr && result->part != Part::Value) return true;
  return contains(argument.type, Type::Kind::Uri) && takes_results(argument.source);
}

}  // namespace

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
    : now_{std::move(now), true}, then_{std::move(then), false}, done_(std::move(done)) {}

Result<bool> ReuseFinder::advance(Store& store) {
  if (!std::exchange(begun_, true)) {
    auto same = same_whole_inputs(store);
    if (!same || !*same) return same;
  }
  const ItemIndex now_first = now_.next;
  const auto news = read(now_, store);
  if (!news) return tl::unexpected(news.error());
  for (std::size_t i = 0; i < news->size(); ++i) {
    const auto& inputs = news->at(i);
    if (!inputs) continue;
    if (const auto then = then_.waiting.take(*inputs)) {
      meet(now_first + i, *then);
    } else {
      now_.waiting.add(*inputs, now_first + i);
    }
  }
  const ItemIndex then_first = then_.next;
  const auto olds = read(then_, store);
  if (!olds) return tl::unexpected(olds.error());
  for (std::size_t i = 0; i < olds->size(); ++i) {
    const auto& inputs = olds->at(i);
    if (!inputs || !done_.contains(then_first + i)) continue;
    if (const auto now = now_.waiting.take(*inputs)) {
      meet(*now, then_first + i);
    } else {
      then_.waiting.add(*inputs, then_first + i);
    }
  }
  return !news->empty() || !olds->empty();
}

/// What all items are given alike.
Result<bool> ReuseFinder::same_whole_inputs(Store& store) const {
  const auto& now = now_.of.plan->steps.at(now_.of.step).arguments;
  const auto& then = then_.of.plan->steps.at(then_.of.step).arguments;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (now[i].feed == Feed::Each) continue;
    if (is_taken_to_differ(now[i]) || is_taken_to_differ(then.at(i))) return false;
    const auto value = value_of(now[i].source, InputOrigin{now_.of.run, *now_.of.plan, &store});
    const auto before = value_of(then[i].source, InputOrigin{then_.of.run, *then_.of.plan, &store});
    if (!value || !before || *value != *before) return false;
  }
  return true;
}

Result<std::vector<std::optional<ReuseFinder::Digest>>> ReuseFinder::read(Side& side,
                                                                          Store& store) {
  std::vector<std::optional<Digest>> digests;
  const Range wanted{side.next, std::min(side.of.count, side.next + window_items)};
  if (wanted.empty()) return digests;
  std::vector<Column> columns;
  std::size_t count = wanted.size();
  for (const PlanArgument& argument : side.of.plan->steps.at(side.of.step).arguments) {
    if (argument.feed != Feed::Each) continue;
    auto column = read_column(argument, wanted, InputOrigin{side.of.run, *side.of.plan, &store});
    if (!column) return tl::unexpected(column.error());
    count = std::min(count, column->values.size());
    columns.push_back(std::move(*column));
  }
  std::string inputs;
  for (std::size_t i = 0; i < count; ++i) {
    inputs.clear();
    for (const Column& column : columns) {
      inputs += column.values.value(i);  // Encoded: it has an end of its own.
      const std::uint64_t stamp = column.stamp(i);
      inputs.append(reinterpret_cast<const char*>(&stamp), sizeof stamp);
    }
    const bool known = !side.is_new || std::ranges::all_of(columns, [&](const Column& column) {
      return column.is_known(i);
    });
    const XXH128_hash_t hash = XXH3_128bits(inputs.data(), inputs.size());
    digests.push_back(known ? std::optional(Digest{hash.low64, hash.high64}) : std::nullopt);
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
