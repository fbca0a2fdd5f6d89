#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/host/log_index.hpp"
#include "agent/host/unique_fd.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/result.hpp"

namespace drover::agent {

/// What workers wrote, item by item.
///
/// Each worker appends its stdout and stderr to a spool of its own. Here stands which part of which
/// spool belongs to which items of which lease; only parts that are not empty are kept. What one
/// attempt may keep is bounded (its beginning and its end stay, a hole is punched between), and so
/// is what a slot may keep (the oldest go first).
///
/// It outlives the agent: spools stay, and so does an index of them (log_index.hpp), from which the
/// next agent goes on. Of a lease that ran when the agent was killed, what nobody had marked yet
/// belongs to all items that had no end.
/// Threads  Any.
class LogStore {
 public:
  struct Limits {
    std::uint64_t attempt_bytes = 16ULL << 20U;
    std::uint64_t slot_bytes = 64ULL << 20U;
    std::size_t slot_slices = 100'000;
    std::size_t slot_spools = 100;             ///< Files, one per worker that the slot had.
    std::uint64_t answer_bytes = 1ULL << 20U;  ///< Of one read.
  };

  /// Takes over `folder` with what an earlier agent kept in it.
  /// Errors: Unavailable where the folder cannot be made or written.
  static Result<std::unique_ptr<LogStore>> open(const std::filesystem::path& folder, Limits limits);
  static Result<std::unique_ptr<LogStore>> open(const std::filesystem::path& folder) {
    return open(folder, Limits());
  }
  ~LogStore();

  /// A new, empty spool for the slot's next worker, open for appending; older slices stay. The
  /// descriptor is the store's. Errors: Unavailable where it cannot be made.
  Result<int> new_spool(std::uint32_t slot);

  void begin_lease(std::uint32_t slot, const LeaseId& lease, Range items);
  /// The items up to and including `item` have written up to `end`. Ends that make no sense are
  /// ignored.
  void mark(std::uint32_t slot, ItemIndex item, std::uint64_t end);
  /// What was written since belongs to the items from there up to `last`, and the lease is over.
  void end_lease(std::uint32_t slot, ItemIndex last);
  /// What was told so far is known after a kill. To be called before results go out: whoever hears
  /// of an item may ask for its log.
  void flush();
  /// Keeps an attempt that writes much within its bound while it runs.
  void trim_running(std::uint32_t slot);
  /// The same of what a worker prints before its first lease.
  void trim_start(std::uint32_t slot);

  struct Text {
    std::string bytes;
    std::string note;  ///< Where bytes were left out, whose else these are, whether more may come.
  };
  /// What the attempt of `item` under `lease` wrote; empty where it wrote nothing.
  /// Errors: NotFound where nothing is known of that lease any more.
  Result<Text> read(const LeaseId& lease, ItemIndex item) const;

  /// The last bytes of the slot's spool: why a worker could not start.
  std::string last_words(std::uint32_t slot, std::uint64_t most) const;

 private:
  /// A file that is removed when nobody refers to it any more, but for the end of the process.
  struct Spool {
    std::filesystem::path path;
    std::uint64_t number = 0;
    UniqueFd descriptor;
    bool stays = false;
    ~Spool();
    std::uint64_t size() const;
  };
  struct Slice {
    LeaseId lease;
    Range items;
    std::shared_ptr<Spool> spool;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t kept(std::uint64_t most) const { return std::min(most, end - begin); }
  };
  struct Slot {
    std::uint32_t number = 0;
    std::shared_ptr<Spool> spool;
    std::deque<Slice> slices;  // oldest first
    std::uint64_t kept_bytes = 0;
    std::size_t spools = 0;  // that slices refer to; those of one spool are neighbours
    // Of the lease that runs; items from `next` on have no slice yet, their output begins at
    // `from`.
    bool running = false;
    LeaseId lease;
    Range items;
    ItemIndex next = 0;
    std::uint64_t from = 0;
  };

  LogStore(std::filesystem::path folder, Limits limits, LogIndex index)
      : folder_(std::move(folder)), limits_(limits), index_(std::move(index)) {}

  Result<std::shared_ptr<Spool>> open_spool(std::uint32_t slot, std::uint64_t number, int how);
  void restore(const std::vector<LogRecord>& records);
  /// The spool that a record is about; null where it is not there any more.
  std::shared_ptr<Spool> spool_of(const LogRecord& record,
                                  std::map<std::uint64_t, std::shared_ptr<Spool>>& opened);
  void restore_slice(const LogRecord& record, const std::shared_ptr<Spool>& spool);
  void compact();

  void add_slice(Slot& slot, ItemIndex last, std::uint64_t end);
  void push_slice(Slot& slot, Slice slice);
  void grow_newest(Slot& slot, std::uint64_t end);
  void drop_oldest(Slot& slot);
  void close_lease(Slot& slot, ItemIndex last);
  LogRecord record_of(std::uint32_t slot, const Slice& slice) const;
  void remember(const LeaseId& lease);
  bool knows(const LeaseId& lease) const;
  void punch_middle(const Spool& spool, std::uint64_t begin, std::uint64_t end) const;
  Text text_of(const Slice& slice, bool running) const;

  std::filesystem::path folder_;
  Limits limits_;
  mutable std::mutex mutex_;
  std::map<std::uint32_t, Slot> slots_;
  // Numbers of leases that ran here and of which nothing was dropped, by epoch: for them silence is
  // an answer. Most follow one another, so they take little room.
  std::map<Epoch, IntervalSet> known_;
  std::uint64_t spools_ = 0;  // the newest's number
  LogIndex index_;
  std::size_t compact_at_ = 0;  // records in the index
};

}  // namespace drover::agent
