#include "scheduler/store/segment.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/check.hpp"

namespace drover::scheduler {
namespace {

static_assert(std::endian::native == std::endian::little);

enum Mode : std::uint8_t {
  EqualLengths = 1,
  EqualSeconds = 2,
  EachSeconds = 4,
  Stamped = 8,
};

// A row costs about 45 bytes, an item without a value 1 to 3: longer gaps start a new segment.
constexpr std::uint64_t longest_gap = 32;

void append_varint(std::string& out, std::uint32_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

bool read_varint(std::string_view& in, std::uint32_t& value) {
  std::uint64_t read = 0;
  for (std::size_t i = 0; i < in.size() && i < 5; ++i) {
    const auto byte = static_cast<std::uint8_t>(in[i]);
    read |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      in.remove_prefix(i + 1);
      value = static_cast<std::uint32_t>(read);
      return read <= 0xffffffffU;
    }
  }
  return false;
}

void append_seconds(std::string& out, float seconds) {
  const std::uint16_t packed = pack_seconds(seconds);
  out.push_back(static_cast<char>(packed & 0xffU));
  out.push_back(static_cast<char>(packed >> 8U));
}

float seconds_at(std::string_view in, std::size_t i) {
  const auto low = static_cast<std::uint8_t>(in[2 * i]);
  const auto high = static_cast<std::uint8_t>(in[2 * i + 1]);
  return unpack_seconds(static_cast<std::uint16_t>(low | high << 8U));
}

constexpr std::uint32_t dropped_bits = 13;           // of a float's mantissa
constexpr std::uint32_t bias = (127U - 32U) << 10U;  // 2^-32 s is the smallest

}  // namespace

std::uint16_t pack_seconds(float seconds) {
  if (!(seconds > 0)) return 0;
  const std::uint32_t rounded =
      (std::bit_cast<std::uint32_t>(seconds) + (1U << (dropped_bits - 1))) >> dropped_bits;
  return static_cast<std::uint16_t>(std::clamp(rounded, bias, bias + 0xffffU) - bias);
}

float unpack_seconds(std::uint16_t packed) {
  if (packed == 0) return 0;
  return std::bit_cast<float>((packed + bias) << dropped_bits);
}

std::string encode_shape(std::span<const std::uint32_t> offsets, std::span<const float> seconds,
                         std::span<const std::uint64_t> stamps) {
  CHECK(offsets.size() > 1, "a segment of no items");
  const std::size_t count = offsets.size() - 1;
  CHECK(seconds.empty() || seconds.size() == count, "{} of {}", seconds.size(), count);
  CHECK(stamps.empty() || stamps.size() == count, "{} of {}", stamps.size(), count);
  const std::uint32_t length = offsets[1] - offsets[0];
  bool equal_lengths = true;
  for (std::size_t i = 1; i < count; ++i) {
    equal_lengths &= offsets[i + 1] - offsets[i] == length;
  }
  const bool equal_seconds =
      !seconds.empty() && std::ranges::all_of(seconds, [&](float s) { return s == seconds[0]; });

  std::string shape;
  shape.reserve(8 + count * (equal_lengths ? 2 : 4));
  const int lengths = equal_lengths ? EqualLengths : 0;
  const int durations = seconds.empty() ? 0 : equal_seconds ? EqualSeconds : EachSeconds;
  shape.push_back(static_cast<char>(lengths | durations | (stamps.empty() ? 0 : Stamped)));
  for (std::size_t i = 0; i < (equal_lengths ? 1 : count); ++i) {
    append_varint(shape, offsets[i + 1] - offsets[i]);
  }
  for (const float one : equal_seconds ? seconds.first(1) : seconds) append_seconds(shape, one);
  shape.append(reinterpret_cast<const char*>(stamps.data()), stamps.size_bytes());
  return shape;
}

Result<SegmentValues> decode_segment(std::uint64_t count, std::string_view shape,
                                     std::string_view bytes) {
  const auto damaged = [] {
    return fail(ErrorCode::Invalid, "a stored segment's shape does not fit its values");
  };
  if (shape.empty() || count == 0 || count > max_segment_items) return damaged();
  const auto mode = static_cast<std::uint8_t>(shape[0]);
  shape.remove_prefix(1);

  SegmentValues values;
  values.columns.offsets.reserve(count + 1);
  std::uint32_t length = 0;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if ((i == 0 || (mode & EqualLengths) == 0) && !read_varint(shape, length)) return damaged();
    end += length;
    if (end > bytes.size()) return damaged();
    values.columns.offsets.push_back(static_cast<std::uint32_t>(end));
  }
  if (end != bytes.size()) return damaged();
  values.columns.bytes = bytes;

  const std::size_t stored = (mode & EqualSeconds) != 0  ? 1
                             : (mode & EachSeconds) != 0 ? static_cast<std::size_t>(count)
                                                         : 0;
  const std::size_t stamps = (mode & Stamped) != 0 ? sizeof(std::uint64_t) * count : 0;
  if (shape.size() != 2 * stored + stamps) return damaged();
  values.stamps.resize(stamps / sizeof(std::uint64_t));
  if (stamps > 0) std::memcpy(values.stamps.data(), shape.data() + 2 * stored, stamps);
  if (stored == 0) return values;
  values.seconds.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    values.seconds.push_back(seconds_at(shape, stored == 1 ? 0 : i));
  }
  return values;
}

std::uint32_t segment_checksum(std::string_view shape, std::string_view bytes) {
  const XXH64_hash_t seed = XXH3_64bits(shape.data(), shape.size());
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed));
}

std::vector<Range> segment_ranges(std::span<const Range> done) {
  std::vector<Range> pieces;
  for (Range range : done) {
    while (!range.empty()) {
      if (!pieces.empty()) {
        Range& open = pieces.back();
        CHECK(open.last <= range.first, "item {} was accepted twice", range.first);
        const ItemIndex limit = open.first + max_segment_items;
        if (range.first - open.last <= longest_gap && range.first < limit) {
          open.last = std::min(range.last, limit);
          range.first = open.last;
          continue;
        }
      }
      const ItemIndex last = std::min(range.last, range.first + max_segment_items);
      pieces.push_back({range.first, last});
      range.first = last;
    }
  }
  return pieces;
}

}  // namespace drover::scheduler
