#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/check.hpp"

namespace drover {

/// The encoded values of a range of items, end to end, and where each begins.
///
/// A value of length 0 says "no value": the item failed. (No encoded value is empty.)
/// Invariant: offsets[0] == 0, offsets never fall, offsets.back() == bytes.size().
struct Columns {
  std::vector<std::uint32_t> offsets{0};  ///< size() + 1 positions in `bytes`.
  std::string bytes;

  std::size_t size() const { return offsets.size() - 1; }
  bool empty() const { return offsets.size() == 1; }
  bool has_value(std::size_t i) const { return offsets[i + 1] != offsets[i]; }

  /// Valid until the columns change. Requires: i < size().
  std::string_view value(std::size_t i) const {
    return std::string_view(bytes).substr(offsets[i], offsets[i + 1] - offsets[i]);
  }

  void push_back(std::string_view value) {
    CHECK(value.size() <= max_bytes - bytes.size(), "columns of {} bytes", bytes.size());
    bytes.append(value);
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }

  /// The `count` values from `first` on. Requires: they are there.
  Columns slice(std::size_t first, std::size_t count) const {
    CHECK(first <= size() && count <= size() - first, "slice {}+{} of {}", first, count, size());
    Columns part;
    const std::uint32_t from = offsets[first];
    part.bytes = bytes.substr(from, offsets[first + count] - from);
    part.offsets.reserve(count + 1);
    for (std::size_t i = 1; i <= count; ++i) part.offsets.push_back(offsets[first + i] - from);
    return part;
  }

  void append(const Columns& more) {
    CHECK(more.bytes.size() <= max_bytes - bytes.size(), "columns of {} bytes", bytes.size());
    const auto from = static_cast<std::uint32_t>(bytes.size());
    const std::size_t count = more.size();  // `more` may be *this
    offsets.reserve(offsets.size() + count);
    for (std::size_t i = 1; i <= count; ++i) offsets.push_back(from + more.offsets[i]);
    bytes.append(more.bytes);
  }

  /// Do offsets and bytes fit together? Ask this of columns that came from outside.
  bool well_formed() const {
    if (offsets.empty() || offsets.front() != 0 || offsets.back() != bytes.size()) return false;
    for (std::size_t i = 1; i < offsets.size(); ++i) {
      if (offsets[i] < offsets[i - 1]) return false;
    }
    return true;
  }

  bool operator==(const Columns&) const = default;

  static constexpr std::size_t max_bytes = std::numeric_limits<std::uint32_t>::max();
};

}  // namespace drover
