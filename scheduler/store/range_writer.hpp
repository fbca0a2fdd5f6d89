#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "common/interval_set.hpp"
#include "scheduler/store/schema.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// Collects what became of items during one transaction and writes it, coalesced with what the
/// database knows, at its end. An item has one fate: a second one is refused (Internal), which
/// undoes the transaction: it would mean that the core accepted an item twice.
class RangeWriter {
 public:
  explicit RangeWriter(Database& database) : database_(database) {}

  void add(std::int64_t step, ItemFate fate, Range items);
  void flush();
  /// Forgets the fate of `items`, stored or not. Costs what the step has of ranges.
  void erase(std::int64_t step, const IntervalSet& items);

 private:
  using Fates = std::array<IntervalSet, 3>;

  void merge(std::int64_t step, ItemFate fate, Range items);
  void refuse(Range items);

  Database& database_;
  std::map<std::int64_t, Fates> added_;  // by step
};

}  // namespace drover::scheduler
