#include "scheduler/store/step_index.hpp"

#include <algorithm>

#include "scheduler/store/stored_ranges.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t max_recent = 8;

}  // namespace

void ItemsOfFate::push_back(Range items) {
  ranges_.push_back(items);
  before_.push_back(size_);
  size_ += items.size();
}

bool ItemsOfFate::contains(ItemIndex item) const { return at_or_after(item).contains(item); }

Range ItemsOfFate::at_or_after(ItemIndex item) const {
  const auto found = std::ranges::upper_bound(ranges_, item, {}, &Range::last);
  return found == ranges_.end() ? Range{} : *found;
}

ItemIndex ItemsOfFate::nth(std::uint64_t position) const {
  const auto after = std::ranges::upper_bound(before_, position);
  const auto i = static_cast<std::size_t>(after - before_.begin()) - 1;
  return ranges_[i].first + (position - before_[i]);
}

std::shared_ptr<const StepIndex> StepIndices::of(std::int64_t step_row) {
  const auto known = std::ranges::find(recent_, step_row, [](const auto& one) { return one->row; });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return recent_.front();
  }
  auto index = std::make_shared<StepIndex>();
  index->row = step_row;
  {
    Rows rows =
        database_.query("SELECT state, count, list, list_size FROM steps WHERE no = ?", step_row);
    if (rows.next()) {
      index->state = rows.number<StepState>(0);
      index->count = rows.count(1);
      if (!rows.is_null(2)) index->list = rows.integer(2);
      index->list_size = rows.count(3);
    }
  }
  {
    Rows rows = database_.query(
        "SELECT no FROM streams WHERE step = ?1 AND epoch = 0 AND lease = 0", step_row);
    if (rows.next()) index->streams.push_back(rows.integer(0));
  }
  {
    // Of a chain of reruns the newest comes first.
    Rows rows = database_.query("SELECT stream FROM inherited WHERE step = ? ORDER BY stream DESC",
                                step_row);
    while (rows.next()) index->streams.push_back(rows.integer(0));
  }
  index->has_moved =
      database_.one("SELECT 1 FROM moved WHERE step = ? LIMIT 1", step_row).has_value();
  for (const auto& [items, fate] : ranges_of(database_, step_row)) {
    index->fates.at(static_cast<std::size_t>(fate) - 1).push_back(items);
  }
  if (!database_.ok()) return nullptr;
  recent_.push_front(index);
  if (recent_.size() > max_recent) recent_.pop_back();
  return index;
}

void StepIndices::changed(std::int64_t step_row) {
  recent_.remove_if([&](const auto& one) { return one->row == step_row; });
}

}  // namespace drover::scheduler
