#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/unique_fd.hpp"
#include "agent/worker/page_memory.hpp"
#include "common/result.hpp"

namespace drover::agent {

/// A drover-worker and what its agent shares with it.
///
/// Its own process group; killed by the kernel when the thread that spawned it ends.
struct WorkerProcess {
  pid_t pid = 0;
  UniqueFd pidfd;   ///< Readable once the process has ended.
  UniqueFd socket;  ///< Of packets; does not block.
  worker::PageMemory page;
  std::string mark;  ///< In its environment, and in that of all it starts (marked_processes.hpp).

  /// Threads  One that lives as long as the worker is to: not a thread of a pool.
  /// Errors   Unavailable with what could not be made or started.
  static Result<WorkerProcess> spawn(const std::filesystem::path& program,
                                     const std::vector<std::string>& task_folders, int spool,
                                     std::string mark);
};

/// How a process ended.
struct Ending {
  std::optional<int> signal;
  int exit_status = 0;  ///< Where no signal ended it.
};
/// Reaps a process that has ended. Nothing where it has not.
std::optional<Ending> reap(const WorkerProcess& process);

/// Kills by the kernel for want of memory that were counted so far, for this process's control
/// group and machine, as far as they can be read; only growth means something.
std::uint64_t out_of_memory_kills();

}  // namespace drover::agent
