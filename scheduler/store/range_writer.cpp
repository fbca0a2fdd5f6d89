#include "scheduler/store/range_writer.hpp"

#include <fmt/format.h>

#include <optional>

#include "scheduler/store/stored_ranges.hpp"

namespace drover::scheduler {

void RangeWriter::add(std::int64_t step, ItemFate fate, Range items) {
  if (items.empty()) return;
  if (items.last > item_limit) {
    return database_.refuse(ErrorCode::TooLarge, fmt::format("item {}: a step has at most {} items",
                                                             items.last - 1, item_limit));
  }
  Fates& fates = added_[step];
  for (const IntervalSet& other : fates) {
    if (!other.within(items).empty()) return refuse(items);
  }
  fates.at(static_cast<std::size_t>(fate) - 1).insert(items);
}

void RangeWriter::flush() {
  for (const auto& [step, fates] : added_) {
    for (std::size_t i = 0; i < fates.size(); ++i) {
      for (const Range items : fates.at(i).ranges())
        merge(step, static_cast<ItemFate>(i + 1), items);
    }
  }
  added_.clear();
}

void RangeWriter::erase(std::int64_t step, const IntervalSet& items) {
  flush();
  Fates fates;
  for (const auto& [kept, fate] : ranges_of(database_, step)) {
    fates.at(static_cast<std::size_t>(fate) - 1).insert(kept);
  }
  database_.run("DELETE FROM ranges WHERE step = ?", step);
  for (IntervalSet& fate : fates) fate.erase(items);
  added_.emplace(step, std::move(fates));
}

void RangeWriter::merge(std::int64_t step, ItemFate fate, Range items) {
  struct Row {
    Range items;
    ItemFate fate;
  };
  const auto row_of = [](Rows rows) -> std::optional<Row> {
    if (!rows.next()) return std::nullopt;
    return Row{{rows.count(0), rows.count(1)}, rows.number<ItemFate>(2)};
  };
  const auto before = row_of(database_.query(
      "SELECT first, last, fate FROM ranges WHERE step = ? AND first < ? ORDER BY first DESC "
      "LIMIT 1",
      step, items.first));
  const auto after = row_of(database_.query(
      "SELECT first, last, fate FROM ranges WHERE step = ? AND first >= ? ORDER BY first LIMIT 1",
      step, items.first));
  if ((before && before->items.last > items.first) || (after && after->items.first < items.last)) {
    return refuse(items);
  }
  if (after && after->items.first == items.last && after->fate == fate) {
    items.last = after->items.last;
    database_.run("DELETE FROM ranges WHERE step = ? AND first = ?", step, after->items.first);
  }
  if (before && before->items.last == items.first && before->fate == fate) {
    database_.run("UPDATE ranges SET last = ? WHERE step = ? AND first = ?", items.last, step,
                  before->items.first);
  } else {
    database_.run("INSERT INTO ranges (step, first, last, fate) VALUES (?, ?, ?, ?)", step,
                  items.first, items.last, static_cast<int>(fate));
  }
}

void RangeWriter::refuse(Range items) {
  database_.refuse(
      ErrorCode::Internal,
      fmt::format("of items {} to {} at least one had ended already; an item ends once",
                  items.first, items.last - 1));
}

}  // namespace drover::scheduler
