#include "agent/worker/list_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "agent/worker/waiting.hpp"
#include "common/types/packed.hpp"

namespace drover::worker {

class ChunkSource final : public sdk::ElementSource {
 public:
  ChunkSource(ListReader& reader, std::size_t argument) : reader_(reader), argument_(argument) {}
  std::uint64_t size() const override { return reader_.size_of(argument_); }
  Result<std::optional<std::string_view>> next() override {
    if (next_ == size()) return std::optional<std::string_view>();
    auto element = reader_.element(argument_, next_);
    if (!element) return tl::unexpected(std::move(element.error()));
    ++next_;
    return std::optional(*element);
  }

 private:
  ListReader& reader_;
  std::size_t argument_;
  std::uint64_t next_ = 0;
};

void ListReader::begin_lease(const Lease& lease) {
  lease_ = &lease;
  window_ = {};
  whole_.clear();
}

std::unique_ptr<sdk::ElementSource> ListReader::open(std::size_t argument) {
  return std::make_unique<ChunkSource>(*this, argument);
}

Result<std::string_view> ListReader::whole(std::size_t argument) {
  if (const auto known = whole_.find(argument); known != whole_.end()) return known->second;
  std::string array;
  packed::append_array(array, size_of(argument));
  for (std::uint64_t i = 0; i < size_of(argument); ++i) {
    const auto value = element(argument, i);
    if (!value) return tl::unexpected(value.error());
    if (array.size() + value->size() > sdk::max_whole_list_bytes) {
      return fail(
          ErrorCode::TooLarge,
          fmt::format("the list is larger than {} MiB: a task that takes so much takes it as "
                      "drover::Stream<T>",
                      sdk::max_whole_list_bytes >> 20U));
    }
    array += *value;
  }
  return whole_.emplace(argument, std::move(array)).first->second;
}

Result<std::string_view> ListReader::element(std::size_t argument, std::uint64_t index) {
  if (!window_.holds(argument, index)) {
    if (auto fetched = fetch(argument, index); !fetched) return tl::unexpected(fetched.error());
  }
  const auto found = window_.element(index);
  // An element without a value is one that failed: for a reader that is nil.
  static constexpr char nil = packed::nil;
  return found.empty() ? std::string_view(&nil, 1) : found;
}

Result<void> ListReader::fetch(std::size_t argument, std::uint64_t first) {
  window_ = {};
  channel_.send(packet_of(
      FromWorker(ListWanted{lease_->lease, static_cast<std::uint32_t>(argument), first})));
  const auto chunk = wait_for<Chunk>(channel_);
  if (chunk.error) return fail(ErrorCode::Unavailable, *chunk.error);
  const std::size_t offsets_size = (std::size_t{chunk.count} + 1) * sizeof(std::uint32_t);
  if (chunk.first != first || chunk.count == 0 || chunk.offsets_at > chunk_area_bytes ||
      offsets_size > chunk_area_bytes - chunk.offsets_at || chunk.bytes_at > chunk_area_bytes ||
      chunk.bytes > chunk_area_bytes - chunk.bytes_at) {
    return fail(ErrorCode::Internal,
                fmt::format("element {} of a list was wanted, a chunk of {} from {} came", first,
                            chunk.count, chunk.first));
  }
  Window window{argument, first, std::vector<std::uint32_t>(chunk.count + 1),
                page_.chunk.data() + chunk.bytes_at};
  std::memcpy(window.offsets.data(), page_.chunk.data() + chunk.offsets_at, offsets_size);
  if (window.offsets.back() > chunk.bytes ||
      !std::is_sorted(window.offsets.begin(), window.offsets.end())) {
    return fail(ErrorCode::Internal, "a chunk of a list has offsets that make no sense");
  }
  window_ = std::move(window);
  return {};
}

}  // namespace drover::worker
