#pragma once

#include <cstdint>

#include "agent/worker/page.hpp"

namespace drover::worker {

/// Finds out where in the spool of output an item ends, seldom enough to cost nothing.
///
/// A look costs 130 ns, so it is taken only when 20 µs have passed since the last one: items that
/// long get their exact end, shorter ones share a slice. Once a look finds growth, every item is
/// looked at for the rest of the lease: a task that prints pays a write per item anyway.
class LogMarks {
 public:
  /// `spool` is open for appending. Where it is no regular file there are no marks.
  explicit LogMarks(int spool);

  void begin_lease(std::int64_t now_ns);

  /// The end of the item that ended now, or unknown_offset.
  std::uint64_t after_call(std::int64_t now_ns) {
    if (!seekable_ || (!chatty_ && now_ns - looked_ns_ < look_every_ns)) return unknown_offset;
    return look(now_ns);
  }

  /// Hands what the C and C++ libraries hold back to the spool.
  static void flush();

 private:
  std::uint64_t look(std::int64_t now_ns);
  std::uint64_t offset() const;

  static constexpr std::int64_t look_every_ns = 20'000;
  int spool_;
  bool seekable_ = false;
  bool chatty_ = false;
  std::int64_t looked_ns_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace drover::worker
