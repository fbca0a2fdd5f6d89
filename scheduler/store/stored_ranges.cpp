#include "scheduler/store/stored_ranges.hpp"

namespace drover::scheduler {

std::vector<StoredRange> ranges_of(Database& database, std::int64_t step) {
  std::vector<StoredRange> ranges;
  ItemIndex free_from = 0;
  Rows rows =
      database.query("SELECT first, last, fate FROM ranges WHERE step = ? ORDER BY first", step);
  while (rows.next()) {
    const Range items{rows.count(0), rows.count(1)};
    const auto fate = rows.integer(2);
    if (items.empty() || items.first < free_from || items.last > item_limit || fate < 1 ||
        fate > 3) {
      database.damaged("ranges of items that cannot be");
      return {};
    }
    free_from = items.last;
    ranges.push_back({items, static_cast<ItemFate>(fate)});
  }
  return ranges;
}

}  // namespace drover::scheduler
