#pragma once

#include <cstdint>
#include <string>

#include "common/columns.hpp"
#include "common/interval_set.hpp"
#include "common/result.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// A value that is no list of a step has at most so many bytes, encoded.
inline constexpr std::uint64_t max_value_bytes = 1 << 20;

/// A run's inputs: in its plan, or in the store, as results of its steps.
struct InputOrigin {
  const RunId& run;
  const Plan& plan;
  Store* store;  ///< Null where the sources are constant.
};

/// The encoded value. Errors: those of the store; TooLarge for a list in a value above 1 MiB.
Result<std::string> value_of(const Source& source, const InputOrigin& origin);

/// The elements `items` of the list that an `each` argument maps over, encoded; fewer at its end,
/// and where they have more than `max_bytes` together (one at least). Errors: those of value_of().
Result<Columns> column_of(const Source& source, Range items, std::uint64_t max_bytes,
                          const InputOrigin& origin);

}  // namespace drover::scheduler
