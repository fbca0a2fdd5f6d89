#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "agent/core/event.hpp"
#include "common/ids.hpp"
#include "common/wire/messages.hpp"

/// Which build of the tasks a lease runs with. Whoever builds a task anew wants the next run to use
/// it; a run that goes on keeps what its workers have loaded (docs/decisions/0007).
namespace drover::agent {

/// A task as some build has it.
struct TaskVersion {
  std::string signature;  ///< Its hash.
  std::string files;      ///< Tells those it is made of from those of another build; empty where it
                          ///< comes with Drover.
  bool operator==(const TaskVersion&) const = default;
};
using TaskVersions = std::map<std::string, TaskVersion>;  // by name

/// What a worker has loaded.
struct LoadedTasks {
  TaskVersions versions;
  std::uint64_t build = 0;  ///< The newest one when it was started.
  /// Tasks that are other ones in the newest build: name to the build that first had them so. Runs
  /// that came before that build were made with what is loaded.
  std::map<std::string, std::uint64_t> replaced{};
};

/// The tasks as a worker that starts now has them.
struct TaskBuild {
  std::uint64_t number = 0;        ///< How often they were built anew since the agent started.
  bool changing = false;           ///< Their files are being written.
  std::vector<std::string> tasks;  ///< Signatures, as text.
  std::vector<std::string> notes;  ///< What did not load, and why.
  TaskVersions versions;           ///< Of `tasks`.

  std::map<RunId, std::uint64_t> runs;  ///< The newest build when each run first came here.
  std::deque<RunId> runs_by_age;        ///< Those, the oldest first: max_runs_known at most.
};

TaskVersions versions_of(const std::vector<std::string>& tasks,
                         const std::vector<std::string>& builds = {});

/// The newest build is this one.
void take_built(TaskBuild& build, const TasksBuilt& built);

/// A worker is ready with these tasks. True where that is new to the scheduler. Where they are
/// others than those of its build, this is a newer one that nobody has told of yet.
bool take_loaded(TaskBuild& build, LoadedTasks& loaded, const WorkerReady& ready);

/// Notes which tasks of a worker are others in the newest build.
void note_replaced(const TaskBuild& build, LoadedTasks& loaded);

/// One per task of `build.tasks`, for the scheduler.
std::vector<std::string> builds_of(const TaskBuild& build);

void note_run(TaskBuild& build, const RunId& run);

/// Of tasks that are loaded otherwise than in the newest build: name to the hash of the signature
/// that is loaded, empty where the task is not.
std::map<std::string, std::string> older_tasks(const LoadedTasks& loaded);

/// How a worker with these tasks can run the lease.
enum class RunWith : std::uint8_t {
  Loaded,   ///< As it is.
  Newest,   ///< It must load the newest build first.
  Nothing,  ///< Neither has the task with the types that the lease was made for.
};
RunWith run_with(const TaskBuild& build, const LoadedTasks& loaded, const wire::Grant& grant);

}  // namespace drover::agent
