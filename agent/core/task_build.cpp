#include "agent/core/task_build.hpp"

#include "agent/core/limits.hpp"
#include "common/types/signature.hpp"

namespace drover::agent {

TaskHashes hashes_of(const std::vector<std::string>& tasks) {
  TaskHashes hashes;
  for (const auto& text : tasks) {
    if (const auto task = parse_signature(text)) hashes[task->name] = signature_hash(*task);
  }
  return hashes;
}

bool take_tasks(TaskBuild& build, const std::vector<std::string>& tasks,
                const std::vector<std::string>& notes) {
  if (build.tasks == tasks && build.notes == notes) return false;
  build.tasks = tasks;
  build.notes = notes;
  build.hashes = hashes_of(tasks);
  return true;
}

bool take_loaded(TaskBuild& build, LoadedTasks& loaded, const std::vector<std::string>& tasks,
                 const std::vector<std::string>& notes) {
  loaded.hashes = hashes_of(tasks);
  // One that was started before the newest build may have the tasks as they were.
  if (loaded.build < build.number) return !older_tasks(build, loaded).empty();
  if (!build.tasks.empty() && build.hashes != loaded.hashes) loaded.build = ++build.number;
  return take_tasks(build, tasks, notes);
}

void note_run(TaskBuild& build, const RunId& run) {
  if (!build.runs.emplace(run, build.number).second) return;
  build.runs_by_age.push_back(run);
  if (build.runs_by_age.size() <= max_runs_known) return;
  build.runs.erase(build.runs_by_age.front());
  build.runs_by_age.pop_front();
}

TaskHashes older_tasks(const TaskBuild& build, const LoadedTasks& loaded) {
  TaskHashes older;
  if (loaded.build == build.number) return older;
  for (const auto& [name, hash] : build.hashes) {
    const auto found = loaded.hashes.find(name);
    if (found == loaded.hashes.end()) older[name];
    if (found != loaded.hashes.end() && found->second != hash) older[name] = found->second;
  }
  for (const auto& [name, hash] : loaded.hashes) {
    if (!build.hashes.contains(name)) older[name] = hash;
  }
  return older;
}

RunWith run_with(const TaskBuild& build, const LoadedTasks& loaded, const wire::Grant& grant) {
  const auto here = loaded.hashes.find(grant.task);
  const auto newest = build.hashes.find(grant.task);
  const bool is_here = here != loaded.hashes.end() && here->second == grant.signature;
  const bool is_newest = newest != build.hashes.end() && newest->second == grant.signature;
  if (is_newest && loaded.build < build.number) {
    const auto run = build.runs.find(grant.run);
    const bool of_older_run = run != build.runs.end() && run->second <= loaded.build;
    if (!is_here || !of_older_run) return RunWith::Newest;
  }
  return is_here ? RunWith::Loaded : RunWith::Nothing;
}

}  // namespace drover::agent
