#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/ids.hpp"

namespace drover {

/// Items `[first, last)`.
struct Range {
  ItemIndex first = 0;
  ItemIndex last = 0;

  std::uint64_t size() const { return last - first; }
  bool empty() const { return first >= last; }
  bool contains(ItemIndex item) const { return first <= item && item < last; }
  auto operator<=>(const Range&) const = default;
};

Range intersection(const Range& a, const Range& b);  ///< Empty (`{0, 0}`) where they do not meet.

/// A set of items as disjoint, non-adjacent ranges in ascending order.
///
/// Its size is the number of gaps, never the number of items.
class IntervalSet {
 public:
  IntervalSet() = default;
  explicit IntervalSet(Range range) { insert(range); }

  void insert(Range range);  ///< Union.
  void erase(Range range);   ///< Difference.
  void insert(const IntervalSet& other);
  void erase(const IntervalSet& other);
  void clear();

  bool contains(ItemIndex item) const;
  bool contains(Range range) const;  ///< True where every item of `range` is in the set.
  bool empty() const { return ranges_.empty(); }
  std::uint64_t size() const { return size_; }  ///< Items.
  std::size_t intervals() const { return ranges_.size(); }

  Range front() const;  ///< The lowest range. Requires: not empty.
  /// The parts of the set that lie in `range`, in ascending order.
  std::vector<Range> within(Range range) const;
  std::vector<Range> ranges() const;
  /// The item at position `n` in ascending order, if there are that many.
  std::optional<ItemIndex> nth(std::uint64_t n) const;

  bool operator==(const IntervalSet& other) const { return ranges_ == other.ranges_; }

 private:
  std::map<ItemIndex, ItemIndex> ranges_;  // first -> last, disjoint and non-adjacent
  std::uint64_t size_ = 0;                 // items in all of ranges_
};

}  // namespace drover
