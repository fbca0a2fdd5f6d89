#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/call_clock.hpp"
#include "agent/host/page_reader.hpp"
#include "agent/host/task_watch.hpp"
#include "agent/host/worker_host.hpp"
#include "agent/host/worker_process.hpp"
#include "agent/worker/messages.hpp"

namespace drover::agent {

/// One worker as its host sees it: its process, the lease it runs, and the way to end it.
///
///   Starting --Catalogue--> Idle --run--> Busy --LeaseEnded--> Idle      any of them --> ended
///
/// Threads  The host's, but for progress(), which the host guards.
class HostedWorker {
 public:
  struct Surroundings {
    const HostConfig& config;
    LogStore& logs;
    std::vector<HostEvent>& events;  ///< Appended to.
    std::uint64_t& next_chunk_request;
    TaskWatch& task_watch;
    const bool& held;     ///< As WorkerHost::hold says.
    const bool& hurried;  ///< As WorkerHost::hurry says.
  };

  HostedWorker(std::uint32_t slot, WorkerProcess process, Surroundings around, Instant now);

  void run(std::shared_ptr<const wire::Grant> grant, Instant now);
  void reload(Instant now);  ///< Ends it, idle, for one that loads its tasks anew.
  void stop_lease(const LeaseId& lease, bool wanted, Instant now);
  void give_chunk(const wire::Chunk& chunk, Instant now);
  bool waits_for_chunk(std::uint64_t request) const;
  void ask_for_chunk_again();  ///< Where it waits for one.
  void stop();                 ///< Asks it to leave, by message and SIGTERM.
  void kill_now() const;

  void on_readable(Instant now);  ///< Its socket has packets.
  void on_tick(Instant now);      ///< Takes results, looks at deadlines.
  void go_on(Instant now);        ///< Results are read again.
  /// True once the process was reaped; what is to say about it has been said.
  bool on_exit(Instant now);

  bool needs_ticks() const { return !ready_ || running_ || ladder_; }
  /// How often on_tick() is due because of a short timeout.
  Duration longest_tick() const;
  std::optional<wire::SlotProgress> progress() const;
  const WorkerProcess& process() const { return process_; }

 private:
  /// What the worker waits for.
  enum class Waits : std::uint8_t { Nothing, Room, ChunkTaken, Chunk, End };
  struct Running {
    std::shared_ptr<const wire::Grant> grant;
    std::uint32_t number = 0;
    PageReader reader;
    Waits waits = Waits::Nothing;
    worker::ListChunk chunk;   // that ChunkTaken is about
    worker::LeaseEnded ended;  // that End is about
    wire::GetChunk wanted;     // that Chunk is about
    CallClock clock;
    bool stopped = false;  // It was told to begin no further call.
    std::optional<Instant> cancelled;
    Instant collected;
  };
  /// The way to end it: SIGTERM at once, SIGKILL later, and why.
  struct Ladder {
    Instant kill_at;
    bool killed = false;
    Cause cause = Cause::Crash;
    std::string why;
  };

  void on_packet(std::string_view packet, Instant now);
  void on_message(const worker::Catalogue& catalogue, Instant now);
  void on_message(const worker::LeaseEnded& ended, Instant now);
  void on_message(const worker::PageFull& full, Instant now);
  void on_message(const worker::ListChunk& chunk, Instant now);
  void on_message(const worker::ListWanted& wanted, Instant now);
  bool is_current(std::uint32_t lease);
  void serve(Instant now);  ///< Does what the worker waits for, where that is allowed now.
  bool collect();
  bool take_list_chunk();
  void finish_lease();
  void continue_with(const worker::FromAgent& message, Instant now);
  void send(const worker::FromAgent& message) const;
  void wait(Waits what, Instant now);  ///< Until continue_with().
  void climb(Cause cause, std::string why, Instant now);
  /// Kills it where it holds more memory than its slot has.
  bool holds_too_much(Instant now);
  void broken(const std::string& what);
  void refuse(const Error& error);
  Range executing(const worker::Progress& progress) const;
  WorkerDied obituary(const Ending& ending, Instant now) const;

  std::uint32_t slot_;
  WorkerProcess process_;
  Surroundings around_;
  Instant started_;
  Instant weighed_;
  std::uint64_t oom_kills_;  // when it was started
  bool ready_ = false;
  std::map<std::string, std::string> builds_;  // of its tasks, by name
  bool reloads_ = false;                       // It was asked to leave.
  std::uint32_t leases_ = 0;
  std::optional<Running> running_;
  std::optional<Ladder> ladder_;
};

}  // namespace drover::agent
