#include "scheduler/store/step_values.hpp"

#include "scheduler/store/moved.hpp"

namespace drover::scheduler {

std::vector<FoundValue> StepValues::find(Range& items, std::uint64_t max_bytes) {
  if (!step_.has_moved) return segments_.find(step_.streams, items, max_bytes);
  const auto parts = moved_within(database_, step_.row, items);
  if (parts.empty()) return segments_.find(step_.streams, items, max_bytes);
  const MovedPart& first = parts.front();
  if (first.items.first > items.first) {
    items.last = first.items.first;
    return segments_.find(step_.streams, items, max_bytes);
  }
  const auto from = indices_.of(first.from_step);
  if (!from) return std::vector<FoundValue>(items.size());
  Range there{first.from_first, first.from_first + first.items.size()};
  auto found = segments_.find(from->streams, there, max_bytes);
  items.last = items.first + there.size();
  return found;
}

StepValues::Origin StepValues::origin(ItemIndex item) {
  if (step_.has_moved) {
    const auto parts = moved_within(database_, step_.row, {item, item + 1});
    if (!parts.empty()) return {parts.front().from_step, parts.front().from_first};
  }
  return {step_.row, item};
}

}  // namespace drover::scheduler
