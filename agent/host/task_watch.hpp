#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/host/task_files.hpp"
#include "agent/host/task_probe.hpp"
#include "agent/host/unique_fd.hpp"

namespace drover::agent {

/// Sees that tasks are built anew, and what the new ones are, while all workers may be busy.
///
///   Quiet --a file changed--> Touched --nothing is written any more--> Probing --ended--> Quiet
///
/// A probe that dies is started again, as a library does not have to be at fault; where that
/// happens over and over there are no tasks, until one does not. The kernel says at once that files
/// change (inotify), so that the scheduler knows of it before whoever runs the compiler can submit
/// the next run; a look once a second sees what is written on another machine. Threads  The host's.
class TaskWatch {
 public:
  /// Starts the worker that is asked for its tasks.
  using StartProbe = std::function<Result<TaskProbe>(Instant give_up_at)>;
  using Tell = std::function<void(std::variant<TasksTouched, TasksBuilt>)>;

  TaskWatch(const std::vector<std::string>& folders, Duration ready_within, StartProbe start_probe,
            Tell tell);

  /// Readable when files change; none where nothing is watched or the kernel cannot tell.
  const UniqueFd& notices() const { return notices_; }

  const TaskProbe* probe() const { return probe_ ? &*probe_ : nullptr; }

  /// Files that descriptions of commands name.
  void watch_programs(const std::vector<std::string>& programs);

  void on_notices(Instant now);
  void on_tick(Instant now);
  void on_probe_readable();
  void on_probe_exit(Instant now);
  void stop();  ///< Nothing is told any more.

  /// How long until on_tick() has something to do; nothing where it never has.
  std::optional<Duration> next_tick(Instant now) const;

 private:
  void look(Instant now);
  void touched(Instant now);
  void start_probe(Instant now);
  void found_nothing(const Error& why, Instant now);
  void watch_again();

  std::vector<std::string> folders_;
  TaskFiles files_;
  Duration ready_within_;
  StartProbe start_;
  Tell tell_;
  UniqueFd notices_;
  bool touched_ = false;
  Instant looked_;
  Instant second_;  // in which there were so many notices:
  int looks_ = 0;
  Instant look_at_;
  int failures_ = 0;  // of probes, in a row
  std::optional<Instant> ask_again_at_;
  bool stopped_ = false;
  std::optional<TaskProbe> probe_;
};

}  // namespace drover::agent
