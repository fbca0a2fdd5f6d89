#pragma once

#include <cstdint>
#include <vector>

#include "agent/worker/messages.hpp"
#include "agent/worker/page.hpp"
#include "common/ids.hpp"
#include "common/result.hpp"
#include "common/wire/messages.hpp"

namespace drover::agent {

/// Where the spool of output ended after an item.
struct LogMark {
  ItemIndex item = 0;
  std::uint64_t end = 0;
};

/// Takes the outcomes of one lease out of the page as they are published.
///
/// The page is written by a process that may be faulty: everything is copied first, then checked.
class PageReader {
 public:
  void begin_lease(const LeaseId& lease, Range items);

  struct Collected {
    /// In order; each at most max_results_bytes of values, or one item.
    std::vector<wire::Results> results;
    std::vector<LogMark> marks;
  };
  /// What was published since the last call. Errors: Invalid where the page makes no sense: the
  /// worker is broken and its further results are worth nothing.
  Result<Collected> collect(const worker::Page& page);

  /// Elements that stand in place of outcomes. Errors: as collect().
  static Result<wire::PutChunk> collect_chunk(const worker::Page& page, const LeaseId& lease,
                                              const worker::ListChunk& message);

  /// Empties the columns for the worker, which waits for that. Requires: all was collected.
  void free(worker::Page& page);

  Range items() const { return items_; }
  std::uint64_t freed() const { return before_; }  ///< Outcomes that left the page.
  ItemIndex next_item() const { return items_.first + before_ + taken_; }  ///< Without an outcome.

 private:
  LeaseId lease_;
  Range items_;
  std::uint64_t before_ = 0;  // outcomes of the lease taken before the page was freed last
  std::uint32_t taken_ = 0;   // outcomes taken of those in the page
};

inline constexpr std::size_t max_results_bytes = std::size_t{256} << 10U;

}  // namespace drover::agent
