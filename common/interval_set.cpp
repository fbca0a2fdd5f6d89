#include "common/interval_set.hpp"

#include <algorithm>

#include "common/check.hpp"

namespace drover {

Range intersection(const Range& a, const Range& b) {
  const Range both{std::max(a.first, b.first), std::min(a.last, b.last)};
  return both.empty() ? Range{} : both;
}

void IntervalSet::insert(Range range) {
  if (range.empty()) return;
  auto at = ranges_.upper_bound(range.first);
  if (at != ranges_.begin()) {
    const auto before = std::prev(at);
    if (before->second >= range.first) {
      range.first = before->first;
      range.last = std::max(range.last, before->second);
      size_ -= before->second - before->first;
      at = ranges_.erase(before);
    }
  }
  while (at != ranges_.end() && at->first <= range.last) {
    range.last = std::max(range.last, at->second);
    size_ -= at->second - at->first;
    at = ranges_.erase(at);
  }
  ranges_.emplace_hint(at, range.first, range.last);
  size_ += range.size();
}

void IntervalSet::erase(Range range) {
  if (range.empty()) return;
  auto at = ranges_.upper_bound(range.first);
  if (at != ranges_.begin() && std::prev(at)->second > range.first) --at;
  while (at != ranges_.end() && at->first < range.last) {
    const Range old{at->first, at->second};
    at = ranges_.erase(at);
    size_ -= old.size();
    if (old.first < range.first) {
      ranges_.emplace_hint(at, old.first, range.first);
      size_ += range.first - old.first;
    }
    if (old.last > range.last) {
      at = ranges_.emplace_hint(at, range.last, old.last);
      size_ += old.last - range.last;
      break;
    }
  }
}

void IntervalSet::insert(const IntervalSet& other) {
  for (const auto& [first, last] : other.ranges_) insert(Range{first, last});
}

void IntervalSet::erase(const IntervalSet& other) {
  for (const auto& [first, last] : other.ranges_) erase(Range{first, last});
}

void IntervalSet::clear() {
  ranges_.clear();
  size_ = 0;
}

bool IntervalSet::contains(ItemIndex item) const { return contains(Range{item, item + 1}); }

bool IntervalSet::contains(Range range) const {
  if (range.empty()) return true;
  const auto after = ranges_.upper_bound(range.first);
  return after != ranges_.begin() && std::prev(after)->second >= range.last;
}

Range IntervalSet::front() const {
  CHECK(!ranges_.empty());
  return Range{ranges_.begin()->first, ranges_.begin()->second};
}

std::vector<Range> IntervalSet::within(Range range) const {
  std::vector<Range> parts;
  auto at = ranges_.upper_bound(range.first);
  if (at != ranges_.begin()) --at;
  for (; at != ranges_.end() && at->first < range.last; ++at) {
    const Range part = intersection(Range{at->first, at->second}, range);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::vector<Range> IntervalSet::ranges() const {
  std::vector<Range> all;
  all.reserve(ranges_.size());
  for (const auto& [first, last] : ranges_) all.push_back(Range{first, last});
  return all;
}

std::optional<ItemIndex> IntervalSet::nth(std::uint64_t n) const {
  for (const auto& [first, last] : ranges_) {
    if (n < last - first) return first + n;
    n -= last - first;
  }
  return std::nullopt;
}

}  // namespace drover
