#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/wire/messages.hpp"

/// Which build of the tasks a lease runs with. Whoever builds a task anew wants the next run to use
/// it; a run that goes on keeps what its workers have loaded (docs/decisions/0007).
namespace drover::agent {

/// Name to hash of the signature.
using TaskHashes = std::map<std::string, std::string>;

/// What a worker has loaded.
struct LoadedTasks {
  TaskHashes hashes;
  std::uint64_t build = 0;  ///< The newest one when it was started.
};

/// The tasks as a worker that starts now has them.
struct TaskBuild {
  std::uint64_t number = 0;        ///< How often they were built anew since the agent started.
  bool changing = false;           ///< Their files are being written.
  std::vector<std::string> tasks;  ///< Signatures, as text.
  std::vector<std::string> notes;  ///< What did not load, and why.
  TaskHashes hashes;               ///< Of `tasks`.

  std::map<RunId, std::uint64_t> runs;  ///< The newest build when each run first came here.
  std::deque<RunId> runs_by_age;        ///< Those, the oldest first: max_runs_known at most.
};

TaskHashes hashes_of(const std::vector<std::string>& tasks);

/// True where they differ from what was known.
bool take_tasks(TaskBuild& build, const std::vector<std::string>& tasks,
                const std::vector<std::string>& notes);

/// A worker is ready with these tasks. True where that is new to the scheduler. Where they are
/// others than those of its build, this is a newer one that nobody has told of yet.
bool take_loaded(TaskBuild& build, LoadedTasks& loaded, const std::vector<std::string>& tasks,
                 const std::vector<std::string>& notes);

void note_run(TaskBuild& build, const RunId& run);

/// Of tasks that are loaded otherwise than in the newest build: name to the hash that is loaded,
/// empty where the task is not.
TaskHashes older_tasks(const TaskBuild& build, const LoadedTasks& loaded);

/// How a worker with these tasks can run the lease.
enum class RunWith : std::uint8_t {
  Loaded,   ///< As it is.
  Newest,   ///< It must load the newest build first.
  Nothing,  ///< Neither has the task with the types that the lease was made for.
};
RunWith run_with(const TaskBuild& build, const LoadedTasks& loaded, const wire::Grant& grant);

}  // namespace drover::agent
