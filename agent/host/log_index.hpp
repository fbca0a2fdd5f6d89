#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/host/unique_fd.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/result.hpp"

namespace drover::agent {

/// One line of the index of what workers wrote.
struct LogRecord {
  enum class Kind : std::uint32_t {
    Began = 1,  ///< The lease begins in the slot; its output begins at `begin` of the spool.
    Slice = 2,  ///< [begin, end) of the spool is what these items of the lease wrote.
    Known =
        3,  ///< Leases [items.first, items.last) of the epoch ran here; nothing of them is lost.
    Ended = 4,  ///< The lease is over: what comes next in the spool is not its own.
  };
  Kind kind = Kind::Began;
  std::uint32_t slot = 0;
  std::uint64_t spool = 0;  ///< Number of the file; 0: none.
  LeaseId lease;
  Range items;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const LogRecord&) const = default;
};

/// A file of records that only grows, beside the spools: with it they are understood after the
/// agent was started again.
///
/// A record is 72 bytes, its own checksum the last eight. What the process has given to the kernel
/// outlives a kill; after a power cut the end may be torn, and is dropped when the file is read.
/// What cannot be written (the disk is full) is tried again with what comes next, up to 1 MiB; what
/// is lost all the same is not found after a restart, and nothing else is wrong.
/// Threads  One at a time.
class LogIndex {
 public:
  /// Reads what is there, up to the first record that is not whole, and cuts the rest off.
  /// Errors: Unavailable where the file cannot be made or read.
  static Result<LogIndex> open(const std::filesystem::path& file, std::vector<LogRecord>& found);

  void append(const LogRecord& record);  ///< Kept in memory until flush().
  void flush();

  /// Replaces everything by these, also what waits.
  void rewrite(const std::vector<LogRecord>& records);

  std::size_t records() const { return records_; }  ///< In the file.

 private:
  LogIndex(std::filesystem::path file, UniqueFd descriptor, std::size_t records)
      : file_(std::move(file)), descriptor_(std::move(descriptor)), records_(records) {}
  std::filesystem::path file_;
  UniqueFd descriptor_;
  std::string waiting_;
  std::size_t records_ = 0;  // in the file
};

}  // namespace drover::agent
