#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "common/interval_set.hpp"
#include "scheduler/store/segment.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// A row of `segments`, decoded.
struct Segment {
  std::int64_t key = 0;
  ItemIndex first = 0;
  std::int64_t agent = 0;  ///< Row of `agents`; 0 for chunks.
  std::uint32_t slot = 0;
  LeaseId lease;
  std::int64_t stored_ms = 0;
  SegmentValues values;
};

/// Where the value of one item stands.
struct FoundValue {
  std::shared_ptr<const Segment> segment;  ///< Null: there is no value.
  std::size_t at = 0;

  std::string_view value() const { return segment ? segment->values.columns.value(at) : ""; }
  std::uint64_t stamp() const {
    return segment && !segment->values.stamps.empty() ? segment->values.stamps[at] : 0;
  }
  float seconds() const {
    return segment && !segment->values.seconds.empty() ? segment->values.seconds[at] : 0.0F;
  }
};

/// Finds values of items. Keeps the newest segments decoded, so that small windows one after the
/// other cost what they hold. Errors stay in the database.
class SegmentReader {
 public:
  explicit SegmentReader(Database& database) : database_(database) {}

  /// One entry for each of `items`, from the first of `streams` that has a value. Shortens `items`
  /// where their segments hold more than `max_bytes`, to one item at the least.
  std::vector<FoundValue> find(std::span<const std::int64_t> streams, Range& items,
                               std::uint64_t max_bytes);

  /// The first segment that holds item 0, or null: also one that has no value of it, as a plain
  /// step has whose result is a list.
  std::shared_ptr<const Segment> first_segment(std::span<const std::int64_t> streams);

  void forget() { recent_.clear(); }  ///< After segments were deleted.

 private:
  struct Window {
    Range items;
    std::vector<FoundValue> values;
    std::size_t missing;
  };
  std::vector<std::int64_t> keys_inside(std::span<const std::int64_t> streams, Range items,
                                        std::uint64_t& bytes);
  void take(Window& window, std::int64_t key);
  void take_from_before(Window& window, std::int64_t stream);
  std::shared_ptr<const Segment> segment(std::int64_t key);

  Database& database_;
  std::list<std::shared_ptr<const Segment>> recent_;  // newest first
};

}  // namespace drover::scheduler
