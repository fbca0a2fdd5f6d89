#pragma once

#include <cstdint>
#include <vector>

#include "common/interval_set.hpp"
#include "scheduler/store/schema.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

struct StoredRange {
  Range items;
  ItemFate fate = ItemFate::Done;
};

/// What has become of the step's items, ascending and disjoint. Empty where there was an error.
std::vector<StoredRange> ranges_of(Database& database, std::int64_t step);

}  // namespace drover::scheduler
