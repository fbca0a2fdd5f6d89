#include "scheduler/store/segment_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/store/schema.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t max_recent = 4;

}  // namespace

std::vector<FoundValue> SegmentReader::find(std::span<const std::int64_t> streams, Range& items,
                                            std::uint64_t max_bytes) {
  std::vector<std::int64_t> inside;
  for (;;) {
    std::uint64_t bytes = 0;
    inside = keys_inside(streams, items, bytes);
    if (bytes <= max_bytes || items.size() <= 1) break;
    items.last = items.first + std::max<std::uint64_t>(1, items.size() / 4);
  }

  Window window{items, std::vector<FoundValue>(items.size()), items.size()};
  auto key = inside.begin();
  for (const std::int64_t stream : streams) {
    for (; key != inside.end() && *key < segment_key(stream + 1, 0); ++key) take(window, *key);
    if (window.missing > 0) take_from_before(window, stream);
  }
  return std::move(window.values);
}

std::shared_ptr<const Segment> SegmentReader::first_segment(std::span<const std::int64_t> streams) {
  for (const std::int64_t stream : streams) {
    if (auto first = segment(segment_key(stream, 0))) return first;
  }
  return nullptr;
}

std::vector<std::int64_t> SegmentReader::keys_inside(std::span<const std::int64_t> streams,
                                                     Range items, std::uint64_t& bytes) {
  std::vector<std::int64_t> found;
  for (const std::int64_t stream : streams) {
    Rows rows = database_.query(
        "SELECT key, length(bytes) FROM segments WHERE key >= ? AND key < ? ORDER BY key",
        segment_key(stream, items.first), segment_key(stream, items.last));
    while (rows.next()) {
      found.push_back(rows.integer(0));
      bytes += rows.count(1);
    }
  }
  return found;
}

void SegmentReader::take(Window& window, std::int64_t key) {
  const auto part = segment(key);
  if (!part) return;
  const std::size_t count = part->values.columns.size();
  const Range both = intersection(window.items, {part->first, part->first + count});
  for (ItemIndex item = both.first; item < both.last; ++item) {
    FoundValue& value = window.values[item - window.items.first];
    const std::size_t at = item - part->first;
    if (value.segment || !part->values.columns.has_value(at)) continue;
    value = {part, at};
    --window.missing;
  }
}

/// Segments that begin before the window and reach into it: mostly the first one looked at.
void SegmentReader::take_from_before(Window& window, std::int64_t stream) {
  const ItemIndex first = window.items.first;
  const ItemIndex lowest = first < max_segment_items ? 0 : first - max_segment_items + 1;
  Rows rows = database_.query(
      "SELECT key FROM segments WHERE key >= ?1 AND key < ?2 AND key + count > ?2 "
      "ORDER BY key DESC",
      segment_key(stream, lowest), segment_key(stream, first));
  while (window.missing > 0 && rows.next()) take(window, rows.integer(0));
}

std::shared_ptr<const Segment> SegmentReader::segment(std::int64_t key) {
  const auto known = std::ranges::find(recent_, key, [](const auto& one) { return one->key; });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return recent_.front();
  }
  Rows rows = database_.query(
      "SELECT count, agent, slot, epoch, lease, stored_ms, checksum, shape, bytes FROM segments "
      "WHERE key = ?",
      key);
  if (!rows.next()) return nullptr;
  const std::string_view shape = rows.view(7);
  const std::string_view bytes = rows.view(8);
  auto values = decode_segment(rows.count(0), shape, bytes);
  if (!values || segment_checksum(shape, bytes) != rows.number<std::uint32_t>(6)) {
    database_.damaged(fmt::format("the values of items {} and following do not fit their checksum",
                                  first_of_key(key)));
    return nullptr;
  }
  auto read = std::make_shared<Segment>(Segment{key,
                                                first_of_key(key),
                                                rows.integer(1),
                                                rows.number<std::uint32_t>(2),
                                                {rows.count(3), rows.count(4)},
                                                rows.integer(5),
                                                std::move(*values)});
  recent_.push_front(read);
  if (recent_.size() > max_recent) recent_.pop_back();
  return read;
}

}  // namespace drover::scheduler
