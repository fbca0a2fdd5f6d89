#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace drover::worker {

/// The memory that a worker shares with its agent, one per worker, used again for every lease.
///
/// The agent writes the inputs of a lease, tells the worker by a message, and reads result columns
/// as far as `published` says; the worker writes those, and the progress cell before each call. So
/// a crash loses only the call that was executing, and a result costs neither a message nor a lock.
/// The memory is sealed against shrinking, so the agent may touch all of it; it trusts no content,
/// and checks what it copied (page_reader.hpp). docs/worker-protocol.md has the offsets.
inline constexpr std::uint32_t page_magic = 0x44525650;  // "DRVP"
inline constexpr std::uint32_t page_layout = 1;

inline constexpr std::size_t max_page_items = 16384;  ///< Results in the page at once.
inline constexpr std::size_t max_page_value_bytes = std::size_t{5} << 18U;  ///< 1.25 MiB
inline constexpr std::size_t input_area_bytes = std::size_t{4}
                                                << 20U;  ///< A grant of 2 MiB, spread
inline constexpr std::size_t chunk_area_bytes = std::size_t{9} << 18U;  ///< 2.25 MiB: one chunk
inline constexpr std::size_t max_phase_bytes = 31;

/// Says which call runs. One cache line, written by the worker under a sequence number that is odd
/// while it is being written. Items count from the lease's first.
struct alignas(64) ProgressCell {
  std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint32_t> lease;  ///< Number of the Lease message; 0: no call runs.
  std::atomic<std::uint32_t> first;
  std::atomic<std::uint32_t> last;
  std::atomic<std::int64_t> since_ns;               ///< On CLOCK_MONOTONIC.
  std::array<std::atomic<std::uint64_t>, 4> phase;  ///< Text, filled up with zeros.
};
static_assert(sizeof(ProgressCell) == 64);

/// Outcomes that the agent has not taken yet, one after another in the order of items.
struct ResultColumns {
  /// How many stand here. The worker stores it after each call; the agent sets it to 0 when it
  /// frees the page, while the worker waits for that.
  alignas(64) std::atomic<std::uint32_t> published;
  /// Where the value, or the text of the failure, ends in `values`; it begins where the one before
  /// ends.
  alignas(64) std::array<std::uint32_t, max_page_items> ends;
  std::array<float, max_page_items> seconds;  ///< Of a batched call its share.
  /// 0: a value. Else a failure: its Cause, and permanent_status where trying again is of no use.
  std::array<std::uint8_t, max_page_items> status;
  /// How far the spool of output had grown after the item; unknown_offset where nobody looked.
  std::array<std::uint64_t, max_page_items> log_ends;
  std::array<char, max_page_value_bytes> values;
};
inline constexpr std::uint8_t permanent_status = 0x80;
inline constexpr std::uint64_t unknown_offset = ~std::uint64_t{0};

/// When the worker begins no further call of its lease, though items are left.
enum class StopWhen : std::uint32_t {
  Never = 0,
  Cancelled = 1,  ///< At once: nobody wants the results of the present one any more.
  AfterCall = 2,  ///< Other slots take what is left. The present call counts.
};

struct Page {
  std::uint32_t magic;
  std::uint32_t layout;
  ProgressCell cell;
  alignas(64) std::atomic<std::uint32_t> stop;  ///< From the agent: one of StopWhen.
  ResultColumns results;
  alignas(64) std::array<char, input_area_bytes> inputs;  ///< Laid out by the Lease message.
  alignas(64) std::array<char, chunk_area_bytes> chunk;   ///< Laid out by the Chunk message.
};
// docs/worker-protocol.md says so; workers in other languages rely on it.
static_assert(offsetof(Page, cell) == 64 && offsetof(Page, stop) == 128 &&
              offsetof(Page, results) == 192 && offsetof(ResultColumns, ends) == 64 &&
              offsetof(ResultColumns, seconds) == 65600 &&
              offsetof(ResultColumns, status) == 131136 &&
              offsetof(ResultColumns, log_ends) == 147520 &&
              offsetof(ResultColumns, values) == 278592 && offsetof(Page, inputs) == 1589504 &&
              offsetof(Page, chunk) == 5783808 && sizeof(Page) == 8143104);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

inline StopWhen stop_of(const Page& page) {
  return static_cast<StopWhen>(page.stop.load(std::memory_order_relaxed));
}

/// What the progress cell said at one moment.
struct Progress {
  std::uint32_t lease = 0;  ///< 0: no call runs.
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::int64_t since_ns = 0;
  std::string phase;
};

/// The worker's side of the cell.
inline void write_progress(ProgressCell& cell, std::uint32_t lease, std::uint32_t first,
                           std::uint32_t last, std::int64_t since_ns) {
  const auto relaxed = std::memory_order_relaxed;
  const std::uint32_t sequence = cell.sequence.load(relaxed);
  cell.sequence.store(sequence + 1, relaxed);
  // Who reads one of these must see the odd number. A fence would say so once, but the thread
  // sanitizer knows none; on x86 neither costs an instruction.
  const auto release = std::memory_order_release;
  cell.lease.store(lease, release);
  cell.first.store(first, release);
  cell.last.store(last, release);
  cell.since_ns.store(since_ns, release);
  cell.phase[0].store(0, release);
  cell.sequence.store(sequence + 2, std::memory_order_release);
}
void write_phase(ProgressCell& cell, std::string_view phase);

/// The agent's side. A worker that died while it wrote leaves an odd number: after some tries what
/// is there is taken as it is.
Progress read_progress(const ProgressCell& cell);

}  // namespace drover::worker
