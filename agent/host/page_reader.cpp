#include "agent/host/page_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace drover::agent {
namespace {

/// Copies of entries [from, to) of the columns.
struct Copy {
  std::vector<std::uint32_t> ends;  // the first is where the entry before `from` ends
  std::vector<float> seconds;
  std::vector<std::uint8_t> status;
  std::vector<std::uint64_t> log_ends;
  std::string values;

  std::string_view value(std::size_t i) const {
    return std::string_view(values).substr(ends[i] - ends[0], ends[i + 1] - ends[i]);
  }
};

template <class Array, class T>
void copy_entries(const Array& from, std::size_t first, std::size_t last, std::vector<T>& to) {
  to.resize(last - first);
  std::memcpy(to.data(), from.data() + first, to.size() * sizeof(T));
}

/// Offsets and the bytes between them. False where the offsets make no sense.
bool copy_values(const worker::ResultColumns& columns, std::size_t from, std::size_t to,
                 Copy& copy) {
  if (from == 0) {
    copy_entries(columns.ends, 0, to, copy.ends);
    copy.ends.insert(copy.ends.begin(), 0);
  } else {
    copy_entries(columns.ends, from - 1, to, copy.ends);
  }
  if (copy.ends.back() > worker::max_page_value_bytes ||
      !std::is_sorted(copy.ends.begin(), copy.ends.end())) {
    return false;
  }
  copy.values.assign(columns.values.data() + copy.ends.front(),
                     copy.ends.back() - copy.ends.front());
  return true;
}

Result<wire::ItemFailure> failure_of(std::uint8_t status, ItemIndex item, std::string_view text) {
  const auto cause = static_cast<Cause>(status & ~worker::permanent_status);
  if (cause < Cause::UserError || cause > Cause::Input) {
    return fail(ErrorCode::Invalid, fmt::format("item {} has the status {}", item, status));
  }
  return wire::ItemFailure{item, cause, std::string(text),
                           (status & worker::permanent_status) != 0};
}

}  // namespace

void PageReader::begin_lease(const LeaseId& lease, Range items) {
  lease_ = lease;
  items_ = items;
  before_ = 0;
  taken_ = 0;
}

Result<PageReader::Collected> PageReader::collect(const worker::Page& page) {
  Collected collected;
  const std::uint32_t published = page.results.published.load(std::memory_order_acquire);
  if (published == taken_) return collected;
  if (published < taken_ || published > worker::max_page_items ||
      published > items_.size() - before_) {
    return fail(ErrorCode::Invalid,
                fmt::format("{} outcomes are said to be there, {} were taken", published, taken_));
  }
  Copy copy;
  if (!copy_values(page.results, taken_, published, copy)) {
    return fail(ErrorCode::Invalid, "the offsets of values make no sense");
  }
  copy_entries(page.results.seconds, taken_, published, copy.seconds);
  copy_entries(page.results.status, taken_, published, copy.status);
  copy_entries(page.results.log_ends, taken_, published, copy.log_ends);

  std::size_t part_bytes = 0;
  for (std::size_t i = 0; i < copy.seconds.size(); ++i) {
    const ItemIndex item = next_item() + i;
    auto* part = collected.results.empty() ? nullptr : &collected.results.back();
    if (part == nullptr || part_bytes + copy.value(i).size() > max_results_bytes) {
      part_bytes = 0;
      collected.results.push_back({});
      part = &collected.results.back();
      part->lease = lease_;
      part->first = item;
    }
    part_bytes += copy.value(i).size();
    if (copy.status[i] == 0) {
      part->columns.push_back(copy.value(i));
    } else {
      auto failure = failure_of(copy.status[i], item, copy.value(i));
      if (!failure) return tl::unexpected(std::move(failure.error()));
      part->failures.push_back(std::move(*failure));
      part->columns.push_back({});
    }
    const float seconds = copy.seconds[i];
    part->seconds.push_back(std::isfinite(seconds) && seconds >= 0 ? seconds : 0);
    if (copy.log_ends[i] != worker::unknown_offset) {
      collected.marks.push_back({item, copy.log_ends[i]});
    }
  }
  taken_ = published;
  return collected;
}

Result<wire::PutChunk> PageReader::collect_chunk(const worker::Page& page, const LeaseId& lease,
                                                 const worker::ListChunk& message) {
  const std::uint32_t count = message.count;
  Copy copy;
  if (count == 0 || count > worker::max_page_items || !copy_values(page.results, 0, count, copy)) {
    return fail(ErrorCode::Invalid, "a chunk of a list makes no sense");
  }
  wire::PutChunk chunk;
  chunk.lease = lease;
  chunk.first = message.first;
  chunk.columns.offsets = std::move(copy.ends);
  chunk.columns.bytes = std::move(copy.values);
  const auto& stamps = page.results.log_ends;
  if (message.stamped) chunk.stamps.assign(stamps.begin(), stamps.begin() + count);
  return chunk;
}

void PageReader::free(worker::Page& page) {
  before_ += taken_;
  taken_ = 0;
  page.results.published.store(0, std::memory_order_release);
}

}  // namespace drover::agent
