#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/columns.hpp"
#include "common/interval_set.hpp"
#include "common/result.hpp"

/// How a segment stands in its row: the values' bytes end to end as they came, and a *shape* that
/// holds their lengths and durations in few bytes (an int of a no-op map takes its own bytes and
/// 2).
///
///   shape    = mode (1 byte), lengths, durations, stamps
///   lengths  = one varint where all values are equally long, else one varint a value
///   durations = none, or 2 bytes for all, or 2 bytes a value (little endian)
///   stamps   = none, or 8 bytes a value (little endian)
namespace drover::scheduler {

/// No segment is longer than this, so whoever looks for an item looks this far back at most.
inline constexpr std::uint64_t max_segment_items = 16384;

/// A duration in 16 bits: the upper bits of a float, 1 part in 2,000 exact from 0.3 ns to 68 years.
std::uint16_t pack_seconds(float seconds);
float unpack_seconds(std::uint16_t packed);

/// `offsets` as in Columns, one more than values, not necessarily from 0. `seconds`: one a value,
/// or none. `stamps`: the same.
std::string encode_shape(std::span<const std::uint32_t> offsets, std::span<const float> seconds,
                         std::span<const std::uint64_t> stamps = {});

/// A segment as read back.
struct SegmentValues {
  Columns columns;
  std::vector<float> seconds;           ///< One a value, or none.
  std::vector<std::uint64_t> stamps{};  ///< One a value, or none.
};
/// Errors: Invalid where shape, count and bytes do not fit together.
Result<SegmentValues> decode_segment(std::uint64_t count, std::string_view shape,
                                     std::string_view bytes);

/// Of both columns of a segment.
std::uint32_t segment_checksum(std::string_view shape, std::string_view bytes);

/// Cuts accepted ranges into what is stored as one segment each: ranges that lie close together
/// share one, the items between them have no value. Requires: `done` ascending and disjoint.
std::vector<Range> segment_ranges(std::span<const Range> done);

}  // namespace drover::scheduler
