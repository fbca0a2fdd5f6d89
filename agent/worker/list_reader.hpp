#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/worker/channel.hpp"
#include "agent/worker/messages.hpp"
#include "agent/worker/page.hpp"
#include "drover/abi.hpp"

namespace drover::worker {

/// Reads the list arguments of one lease, a chunk at a time through the page.
///
/// There is one chunk in the page: of two lists read in turns each fetches anew.
class ListReader {
 public:
  ListReader(Page& page, Channel& channel) : page_(page), channel_(channel) {}

  void begin_lease(const Lease& lease);

  std::unique_ptr<sdk::ElementSource> open(std::size_t argument);
  /// The list as one encoded array, kept until the lease ends.
  /// Errors: TooLarge above sdk::max_whole_list_bytes; what the agent says.
  Result<std::string_view> whole(std::size_t argument);

 private:
  friend class ChunkSource;
  /// Elements [first, first + count) of a list, as the page holds them.
  struct Window {
    std::size_t argument = 0;
    std::uint64_t first = 0;
    std::vector<std::uint32_t> offsets{0};  // one more than elements
    const char* bytes = nullptr;

    std::uint64_t count() const { return offsets.size() - 1; }
    bool holds(std::size_t wanted, std::uint64_t index) const {
      return bytes != nullptr && wanted == argument && index >= first && index - first < count();
    }
    std::string_view element(std::uint64_t index) const {
      const auto i = static_cast<std::size_t>(index - first);
      return {bytes + offsets[i], offsets[i + 1] - offsets[i]};
    }
  };

  std::uint64_t size_of(std::size_t argument) const {
    return lease_->arguments[argument].list_size;
  }
  Result<std::string_view> element(std::size_t argument, std::uint64_t index);
  Result<void> fetch(std::size_t argument, std::uint64_t first);

  Page& page_;
  Channel& channel_;
  const Lease* lease_ = nullptr;
  Window window_;
  std::map<std::size_t, std::string> whole_;
};

}  // namespace drover::worker
