#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "agent/worker/channel.hpp"
#include "agent/worker/page.hpp"
#include "drover/abi.hpp"

namespace drover::worker {

/// Writes outcomes into the page of one lease and waits where it is full.
///
/// Outcomes are published call by call, with one atomic store.
class ResultWriter {
 public:
  ResultWriter(ResultColumns& columns, Channel& channel) : columns_(columns), channel_(channel) {}

  void begin_lease(std::uint32_t lease);

  void store_value(std::string_view value, float seconds, std::uint64_t log_end) {
    if (value.size() > sdk::max_value_bytes) return store_too_large(value.size(), seconds, log_end);
    store(value, 0, seconds, log_end);
  }
  void store_failure(const sdk::Failure& failure, float seconds, std::uint64_t log_end);
  void publish() { columns_.published.store(count_, std::memory_order_release); }

  std::uint32_t done() const { return before_ + count_; }  ///< Outcomes of the lease so far.
  /// Whether the page was full since this was last asked.
  bool waited() { return std::exchange(waited_, false); }

 private:
  void store(std::string_view value, std::uint8_t status, float seconds, std::uint64_t log_end) {
    if (count_ == max_page_items || value.size() > max_page_value_bytes - bytes_) wait_for_room();
    std::memcpy(columns_.values.data() + bytes_, value.data(), value.size());
    bytes_ += static_cast<std::uint32_t>(value.size());
    columns_.ends[count_] = bytes_;
    columns_.seconds[count_] = seconds;
    columns_.status[count_] = status;
    columns_.log_ends[count_] = log_end;
    ++count_;
  }
  void store_too_large(std::size_t size, float seconds, std::uint64_t log_end);
  void wait_for_room();

  ResultColumns& columns_;
  Channel& channel_;
  std::uint32_t lease_ = 0;
  std::uint32_t count_ = 0;   // in the page
  std::uint32_t bytes_ = 0;   // in the page
  std::uint32_t before_ = 0;  // taken by the agent already
  bool waited_ = false;
};

/// Sends the elements of a returned list through the page, chunk by chunk.
class PageListSink final : public sdk::ElementSink {
 public:
  PageListSink(Page& page, Channel& channel) : page_(page), channel_(channel) {}

  void begin_lease(std::uint32_t lease);
  Result<void> push(std::string_view element, std::uint64_t stamp) override;
  /// Sends what is left. Elements in all.
  std::uint64_t finish();

 private:
  void send();

  Page& page_;
  Channel& channel_;
  std::uint32_t lease_ = 0;
  std::uint64_t sent_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t bytes_ = 0;
  bool stamped_ = false;  // Some of the elements in the page are.
};

inline constexpr std::size_t max_failure_text_bytes = std::size_t{4} << 10U;

/// `text`, cut in its middle to max_failure_text_bytes.
std::string shortened(std::string_view text);

}  // namespace drover::worker
