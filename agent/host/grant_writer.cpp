#include "agent/host/grant_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace drover::agent {
namespace {

/// Fills an area of the page from its beginning.
class AreaWriter {
 public:
  AreaWriter(char* area, std::size_t size) : area_(area), size_(size) {}

  std::uint32_t put(const void* data, std::size_t size) {
    const std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (!fits_ || at > size_ || size > size_ - at) {
      fits_ = false;
      return 0;
    }
    if (size > 0) std::memcpy(area_ + at, data, size);
    used_ = at + size;
    return static_cast<std::uint32_t>(at);
  }
  template <class Number>
  std::uint32_t put_numbers(const std::vector<Number>& numbers) {
    return put(numbers.data(), numbers.size() * sizeof(Number));
  }
  bool fits() const { return fits_; }

 private:
  static constexpr std::size_t alignment = 8;
  char* area_;
  std::size_t size_;
  std::size_t used_ = 0;
  bool fits_ = true;
};

worker::LeaseArgument put_columns(const Columns& columns, worker::ArgumentKind kind,
                                  AreaWriter& inputs) {
  worker::LeaseArgument argument;
  argument.kind = static_cast<std::uint8_t>(kind);
  argument.offsets_at = inputs.put_numbers(columns.offsets);
  argument.bytes_at = inputs.put(columns.bytes.data(), columns.bytes.size());
  argument.bytes = static_cast<std::uint32_t>(columns.bytes.size());
  return argument;
}

Result<worker::LeaseArgument> put_argument(const wire::Argument& argument, std::uint64_t items,
                                           AreaWriter& inputs) {
  if (argument.column) {
    if (argument.column->size() != items || !argument.column->well_formed()) {
      return fail(ErrorCode::Invalid, fmt::format("a column of {} values for {} items",
                                                  argument.column->size(), items));
    }
    return put_columns(*argument.column, worker::ArgumentKind::Column, inputs);
  }
  if (argument.list) {
    worker::LeaseArgument list;
    list.kind = static_cast<std::uint8_t>(worker::ArgumentKind::List);
    list.list_size = argument.list->size;
    return list;
  }
  if (!argument.constant) return fail(ErrorCode::Invalid, "an argument without a value");
  Columns one;
  one.push_back(*argument.constant);
  return put_columns(one, worker::ArgumentKind::Constant, inputs);
}

}  // namespace

bool is_plain(const wire::Grant& grant) {
  return std::none_of(grant.arguments.begin(), grant.arguments.end(),
                      [](const wire::Argument& argument) { return argument.column.has_value(); });
}

Result<worker::Lease> write_grant(const wire::Grant& grant, std::uint32_t number,
                                  worker::Page& page) {
  const std::uint64_t items = grant.items.size();
  if (grant.items.empty() || items > worker::max_page_items) {
    return fail(ErrorCode::TooLarge, fmt::format("a grant of {} items, 1 to {} are allowed", items,
                                                 worker::max_page_items));
  }
  if (!grant.attempts.empty() && grant.attempts.size() != items) {
    return fail(ErrorCode::Invalid,
                fmt::format("{} numbers of attempts for {} items", grant.attempts.size(), items));
  }
  if (!grant.ordinals.empty() && grant.ordinals.size() != items) {
    return fail(ErrorCode::Invalid,
                fmt::format("{} ordinals for {} items", grant.ordinals.size(), items));
  }
  AreaWriter inputs(page.inputs.data(), page.inputs.size());
  worker::Lease lease;
  lease.lease = number;
  lease.items = static_cast<std::uint32_t>(items);
  lease.first_item = grant.items.first;
  lease.task = grant.task;
  lease.signature = grant.signature;
  for (const auto& argument : grant.arguments) {
    auto written = put_argument(argument, items, inputs);
    if (!written) return tl::unexpected(std::move(written.error()));
    lease.arguments.push_back(*written);
  }
  lease.key_argument = grant.key_argument;
  lease.largest_batch = grant.largest_batch;
  if (!grant.attempts.empty()) lease.attempts_at = inputs.put_numbers(grant.attempts);
  lease.list_in_chunks = is_plain(grant);
  lease.run = to_string(grant.run);
  lease.step = grant.step_name;
  lease.results = grant.results;
  lease.common_folder = grant.common_folder;
  if (!grant.ordinals.empty()) lease.ordinals_at = inputs.put_numbers(grant.ordinals);
  if (!inputs.fits()) {
    return fail(ErrorCode::TooLarge, fmt::format("the inputs of {} items do not fit in {} MiB",
                                                 items, worker::input_area_bytes >> 20U));
  }
  return lease;
}

worker::Chunk write_chunk(const wire::Chunk& chunk, worker::Page& page) {
  worker::Chunk message;
  message.first = chunk.first;
  message.error = chunk.error;
  if (chunk.error) return message;
  AreaWriter area(page.chunk.data(), page.chunk.size());
  message.count = static_cast<std::uint32_t>(chunk.columns.size());
  message.offsets_at = area.put_numbers(chunk.columns.offsets);
  message.bytes_at = area.put(chunk.columns.bytes.data(), chunk.columns.bytes.size());
  message.bytes = static_cast<std::uint32_t>(chunk.columns.bytes.size());
  if (!area.fits()) {
    message.error.emplace(fmt::format("a chunk of {} elements does not fit in {} KiB",
                                      chunk.columns.size(), worker::chunk_area_bytes >> 10U));
  }
  return message;
}

}  // namespace drover::agent
