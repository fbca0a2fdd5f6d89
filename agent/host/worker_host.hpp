#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/event.hpp"
#include "agent/host/log_store.hpp"
#include "common/result.hpp"
#include "common/units.hpp"
#include "common/wire/messages.hpp"

namespace drover::agent {

/// A worker waits for a part of a list: pass it on, and give the answer to WorkerHost::give_chunk.
struct ChunkWanted {
  std::uint32_t slot = 0;
  wire::GetChunk wanted;
};

/// What happens to workers, in the core's own words where it has some.
using HostEvent = std::variant<WorkerReady, WorkerResults, WorkerChunk, WorkerLeaseEnded,
                               WorkerDied, TasksTouched, TasksBuilt, ChunkWanted>;

struct HostConfig {
  std::filesystem::path worker_program;
  std::vector<std::string> task_folders;  ///< Besides the one that comes with Drover.
  std::filesystem::path spool_folder;     ///< Its own; stays from one agent to the next.
  LogStore::Limits log_limits;
  Bytes slot_memory{~0ULL};  ///< A worker that holds more is killed: its call is out of memory.
  Duration ready_within = std::chrono::seconds(120);  ///< Else a new worker is killed.
  Duration cancel_grace = std::chrono::seconds(5);    ///< From "cancelled" to SIGTERM.
  Duration kill_after = std::chrono::seconds(10);     ///< From SIGTERM to SIGKILL.
};

/// Starts workers, hands them leases, takes their results, and sees how they end, and whether their
/// tasks are built anew.
///
/// One thread of its own does it all: it lives as long as the host, because workers die with the
/// thread that spawned them. Functions only leave a message for that thread and return at once, but
/// for progress() and logs(), which answer.
/// Threads  Any. `on_event` is called on the host's thread, in the order in which things happened;
/// it must
///          not block.
/// Errors   A worker that cannot be started comes as WorkerDied with the reason.
class WorkerHost {
 public:
  using OnEvent = std::function<void(HostEvent)>;

  /// Errors: Unavailable where the spool folder or the thread's descriptors cannot be had.
  static Result<std::unique_ptr<WorkerHost>> start(HostConfig config, OnEvent on_event);
  ~WorkerHost();  ///< Stops all workers and waits for the thread.

  void start_worker(std::uint32_t slot);
  /// Ends the slot's worker, which is idle: the next one loads the tasks as they are now.
  void reload_worker(std::uint32_t slot);
  /// Requires: the slot's worker is ready and idle. A grant for a worker that is gone is dropped:
  /// its WorkerDied is under way.
  void run(std::uint32_t slot, std::shared_ptr<const wire::Grant> grant);
  /// No further call of the lease is begun. Where its results are not `wanted` any more the call
  /// that runs is told so, then the worker is ended by force. Comes back as WorkerLeaseEnded or
  /// WorkerDied.
  void stop_lease(std::uint32_t slot, const LeaseId& lease, bool wanted);
  /// Ends all workers; nothing is said of them any more.
  void stop_workers();
  /// While held, results stay in the pages, where workers wait once these are full.
  void hold(bool on);
  /// Somebody waits for single results: they are taken every 20 ms, not every 250.
  void hurry(bool on);
  /// Says ChunkWanted once more for each worker that waits for one, with the same request.
  void ask_for_chunks_again();
  void give_chunk(wire::Chunk chunk);  ///< Answers ChunkWanted, by its request.

  /// What each busy slot does now.
  std::vector<wire::SlotProgress> progress() const;
  const LogStore& logs() const;

 private:
  class Loop;
  explicit WorkerHost(std::unique_ptr<Loop> loop);

  std::unique_ptr<Loop> loop_;
};

}  // namespace drover::agent
