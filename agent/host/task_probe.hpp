#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/event.hpp"
#include "agent/host/unique_fd.hpp"
#include "agent/host/worker_process.hpp"
#include "common/units.hpp"

namespace drover::agent {

/// A worker that is asked for its tasks and nothing else: what one that starts now would have.
///
/// Threads  The one that started it, as its process dies with that thread.
class TaskProbe {
 public:
  /// What it found, and the programs that descriptions of commands name.
  struct Found {
    TasksBuilt built;
    std::vector<std::string> programs;
  };

  /// Errors: Unavailable where no process can be started.
  static Result<TaskProbe> start(const std::filesystem::path& program,
                                 const std::vector<std::string>& task_folders, std::string mark,
                                 Bytes memory, Instant give_up_at);

  int socket() const { return process_.socket.get(); }
  int process() const { return process_.pidfd.get(); }

  void on_readable();  ///< Its socket has a packet.
  /// Ends it where it takes too long or more memory than a slot has; of what it prints the end is
  /// kept.
  void on_tick(Instant now);
  void kill_now() const;
  /// What it found, once the process has ended; or why it found nothing, for people.
  std::optional<Result<Found>> on_exit();

 private:
  TaskProbe(WorkerProcess process, UniqueFd output, Bytes memory, Instant give_up_at)
      : process_(std::move(process)),
        output_(std::move(output)),
        memory_(memory),
        give_up_at_(give_up_at) {}

  void end(std::string why);
  void trim_output() const;
  off_t output_size() const;
  std::string last_words() const;

  WorkerProcess process_;
  UniqueFd output_;  // what it prints, in memory
  Bytes memory_;
  Instant give_up_at_;
  std::optional<std::string> ended_why_;
  std::optional<Found> found_;
};

}  // namespace drover::agent
