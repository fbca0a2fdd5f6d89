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
  std::vector<std::int64_t> found;
  for (;;) {
    std::uint64_t bytes = 0;
    found = keys(streams, items, bytes);
    if (bytes <= max_bytes || items.size() <= 1) break;
    items.last = items.first + std::max<std::uint64_t>(1, items.size() / 4);
  }

  std::vector<FoundValue> values(items.size());
  for (const std::int64_t key : found) {
    const auto part = segment(key);
    if (!part) break;
    const std::size_t count = part->values.columns.size();
    const Range both = intersection(items, {part->first, part->first + count});
    for (ItemIndex item = both.first; item < both.last; ++item) {
      FoundValue& value = values[item - items.first];
      const std::size_t at = item - part->first;
      if (!value.segment && part->values.columns.has_value(at)) value = {part, at};
    }
  }
  return values;
}

std::vector<std::int64_t> SegmentReader::keys(std::span<const std::int64_t> streams, Range items,
                                              std::uint64_t& bytes) {
  std::vector<std::int64_t> found;
  const ItemIndex lowest =
      items.first < max_segment_items ? 0 : items.first - max_segment_items + 1;
  for (const std::int64_t stream : streams) {
    Rows rows = database_.query(
        "SELECT key, length(bytes) FROM segments WHERE key >= ?1 AND key < ?2 AND key + count > ?3 "
        "ORDER BY key",
        segment_key(stream, lowest), segment_key(stream, items.last),
        segment_key(stream, items.first));
    while (rows.next()) {
      found.push_back(rows.integer(0));
      bytes += rows.count(1);
    }
  }
  return found;
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
    database_.refuse(ErrorCode::Invalid,
                     fmt::format("the stored values of items {} and following are damaged; nothing "
                                 "was overwritten: restore a backup, or run these items again",
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
