#include "agent/worker/result_writer.hpp"

#include <fmt/format.h>

#include "agent/worker/messages.hpp"
#include "agent/worker/waiting.hpp"

namespace drover::worker {
namespace {

/// What a chunk of a list holds at most, but for one large element: it travels in one message.
constexpr std::size_t max_list_chunk_bytes = std::size_t{256} << 10U;

}  // namespace

std::string shortened(std::string_view text) {
  if (text.size() <= max_failure_text_bytes) return std::string(text);
  constexpr std::string_view gap = "\n[...]\n";
  constexpr std::size_t half = (max_failure_text_bytes - gap.size()) / 2;
  return fmt::format("{}{}{}", text.substr(0, half), gap, text.substr(text.size() - half));
}

void ResultWriter::begin_lease(std::uint32_t lease) {
  lease_ = lease;
  count_ = 0;
  bytes_ = 0;
  before_ = 0;
  waited_ = false;
}

void ResultWriter::store_failure(const sdk::Failure& failure, float seconds,
                                 std::uint64_t log_end) {
  auto status = static_cast<std::uint8_t>(failure.cause);
  if (failure.permanent) status |= permanent_status;
  store(shortened(failure.text), status, seconds, log_end);
}

void ResultWriter::store_too_large(std::size_t size, float seconds, std::uint64_t log_end) {
  store_failure({Cause::UserError,
                 fmt::format("the result has {} bytes, at most {} are allowed: write it to a file "
                             "below the results folder and return its name",
                             size, sdk::max_value_bytes),
                 true},
                seconds, log_end);
}

void ResultWriter::wait_for_room() {
  publish();
  channel_.send(packet_of(FromWorker(PageFull{lease_})));
  wait_for<PageFree>(channel_);
  before_ += count_;
  count_ = 0;
  bytes_ = 0;
  waited_ = true;
}

void PageListSink::begin_lease(std::uint32_t lease) {
  lease_ = lease;
  sent_ = 0;
  count_ = 0;
  bytes_ = 0;
  stamped_ = false;
}

Result<void> PageListSink::push(std::string_view element, std::uint64_t stamp) {
  if (element.size() > sdk::max_value_bytes) {
    return fail(ErrorCode::TooLarge,
                fmt::format("element {} of the returned list has {} bytes, at most {} are allowed",
                            sent_ + count_, element.size(), sdk::max_value_bytes));
  }
  if (count_ == max_page_items || (count_ > 0 && bytes_ + element.size() > max_list_chunk_bytes)) {
    if (stop_of(page_) == StopWhen::Cancelled) {
      return fail(ErrorCode::Failed, "cancelled");
    }
    send();
  }
  auto& columns = page_.results;
  std::memcpy(columns.values.data() + bytes_, element.data(), element.size());
  bytes_ += static_cast<std::uint32_t>(element.size());
  columns.log_ends[count_] = stamp;
  stamped_ |= stamp != 0;
  columns.ends[count_++] = bytes_;
  return {};
}

std::uint64_t PageListSink::finish() {
  if (count_ > 0) send();
  return sent_;
}

void PageListSink::send() {
  // The message is the publication: sending and receiving order the writes before it.
  channel_.send(packet_of(FromWorker(ListChunk{lease_, sent_, count_, stamped_})));
  wait_for<PageFree>(channel_);
  sent_ += count_;
  count_ = 0;
  bytes_ = 0;
  stamped_ = false;
}

}  // namespace drover::worker
