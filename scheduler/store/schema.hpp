#pragma once

#include <cstdint>

#include "common/ids.hpp"
#include "scheduler/store/sqlite.hpp"

/// What stands in the database. Times are wall-clock milliseconds since 1970, for people.
///
/// A *stream* is a row of segments: the results of a map step (lease 0.0), or the list that one
/// lease of a plain step wrote. Segments are found by `stream << 36 | first item`, so a result
/// touches one B-tree and, with its range, two pages. A run that takes over results of another
/// inherits its streams; nothing is copied.
namespace drover::scheduler {

inline constexpr std::int64_t schema_version = 5;

inline constexpr int item_bits = 36;  ///< 68 billion items a step.
inline constexpr std::uint64_t item_limit = std::uint64_t{1} << item_bits;
inline constexpr std::int64_t stream_limit = std::int64_t{1} << (63 - item_bits);

constexpr std::int64_t segment_key(std::int64_t stream, ItemIndex first) {
  return stream << item_bits | static_cast<std::int64_t>(first);
}
constexpr ItemIndex first_of_key(std::int64_t key) {
  return static_cast<std::uint64_t>(key) & (item_limit - 1);
}

/// What a row of `ranges` says of its items.
enum class ItemFate : std::uint8_t { Done = 1, Failed = 2, Skipped = 3 };

/// Makes the tables, in one transaction.
void create_schema(Database& database);

/// Deletes all rows; the epoch starts again at 0. For tests.
void delete_everything(Database& database);

}  // namespace drover::scheduler
