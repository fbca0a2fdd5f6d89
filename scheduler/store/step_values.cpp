#include "scheduler/store/step_values.hpp"

#include <algorithm>
#include <utility>

#include "scheduler/store/moved.hpp"

namespace drover::scheduler {

std::vector<StepValues::Piece> StepValues::pieces(Range items) {
  std::vector<Piece> all;
  ItemIndex next = items.first;
  const auto add_own = [&](ItemIndex end) {
    if (next < end) all.push_back({{next, end}, step_.row, next});
  };
  for (const MovedPart& part : moved_within(database_, step_.row, items)) {
    add_own(part.items.first);
    all.push_back({part.items, part.from_step, part.from_first});
    next = part.items.last;
  }
  add_own(items.last);
  std::ranges::sort(all, {},
                    [](const Piece& piece) { return std::pair(piece.step_row, piece.first); });
  return all;
}

std::optional<std::vector<FoundValue>> StepValues::gather(Range items, std::uint64_t max_bytes) {
  std::vector<FoundValue> found(items.size());
  std::uint64_t bytes = 0;
  const Segment* last = nullptr;
  std::shared_ptr<const StepIndex> from;
  for (const Piece& piece : pieces(items)) {
    if (!from || from->row != piece.step_row) from = indices_.of(piece.step_row);
    if (!from) return found;
    ItemIndex item = piece.items.first;
    while (item < piece.items.last) {
      Range there{piece.first + (item - piece.items.first), piece.first + piece.items.size()};
      for (FoundValue& value : segments_.find(from->streams, there, max_bytes)) {
        if (value.segment && value.segment.get() != last) {
          last = value.segment.get();
          bytes += last->values.columns.bytes.size();
        }
        found[item++ - items.first] = std::move(value);
      }
      if (bytes > max_bytes && items.size() > 1) return std::nullopt;
    }
  }
  return found;
}

std::vector<FoundValue> StepValues::find(Range& items, std::uint64_t max_bytes) {
  if (!step_.has_moved) return segments_.find(step_.streams, items, max_bytes);
  for (;;) {
    if (auto found = gather(items, max_bytes)) return *std::move(found);
    items.last = items.first + std::max<std::uint64_t>(1, items.size() / 4);
  }
}

StepValues::Origin StepValues::origin(ItemIndex item) {
  if (step_.has_moved) {
    const auto parts = moved_within(database_, step_.row, {item, item + 1});
    if (!parts.empty()) return {parts.front().from_step, parts.front().from_first};
  }
  return {step_.row, item};
}

}  // namespace drover::scheduler
