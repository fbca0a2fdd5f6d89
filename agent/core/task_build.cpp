#include "agent/core/task_build.hpp"

#include <utility>

#include "agent/core/limits.hpp"
#include "common/types/signature.hpp"

namespace drover::agent {

namespace {

/// True where they differ from what was known.
bool take_tasks(TaskBuild& build, const std::vector<std::string>& tasks,
                const std::vector<std::string>& notes, const TaskVersions& versions) {
  if (build.tasks == tasks && build.notes == notes && build.versions == versions) return false;
  build.tasks = tasks;
  build.notes = notes;
  build.versions = versions;
  return true;
}

const TaskVersion* find(const TaskVersions& versions, const std::string& task) {
  const auto found = versions.find(task);
  return found == versions.end() ? nullptr : &found->second;
}

}  // namespace

TaskVersions versions_of(const std::vector<std::string>& tasks,
                         const std::vector<std::string>& builds) {
  TaskVersions versions;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (const auto task = parse_signature(tasks[i]))
      versions[task->name] = {signature_hash(*task), i < builds.size() ? builds[i] : ""};
  }
  return versions;
}

void take_built(TaskBuild& build, const TasksBuilt& built) {
  build.changing = false;
  build.number += 1;
  take_tasks(build, built.tasks, built.notes, versions_of(built.tasks, built.builds));
}

bool take_loaded(TaskBuild& build, LoadedTasks& loaded, const WorkerReady& ready) {
  loaded.versions = versions_of(ready.tasks, ready.builds);
  loaded.replaced.clear();
  // One that was started before the newest build may have the tasks as they were.
  if (loaded.build < build.number) {
    note_replaced(build, loaded);
    return !loaded.replaced.empty();
  }
  if (!build.tasks.empty() && build.versions != loaded.versions) loaded.build = ++build.number;
  return take_tasks(build, ready.tasks, ready.notes, loaded.versions);
}

std::vector<std::string> builds_of(const TaskBuild& build) {
  std::vector<std::string> builds;
  builds.reserve(build.tasks.size());
  for (const auto& text : build.tasks) {
    const auto task = parse_signature(text);
    const TaskVersion* version = task ? find(build.versions, task->name) : nullptr;
    builds.push_back(version == nullptr ? "" : version->files);
  }
  return builds;
}

void note_run(TaskBuild& build, const RunId& run) {
  if (!build.runs.emplace(run, build.number).second) return;
  build.runs_by_age.push_back(run);
  if (build.runs_by_age.size() <= max_runs_known) return;
  build.runs.erase(build.runs_by_age.front());
  build.runs_by_age.pop_front();
}

void note_replaced(const TaskBuild& build, LoadedTasks& loaded) {
  std::map<std::string, std::uint64_t> replaced;
  const auto note = [&](const std::string& task) {
    const auto known = loaded.replaced.find(task);
    replaced[task] = known == loaded.replaced.end() ? build.number : known->second;
  };
  for (const auto& [name, version] : build.versions) {
    const TaskVersion* here = find(loaded.versions, name);
    if (here == nullptr || *here != version) note(name);
  }
  for (const auto& [name, version] : loaded.versions) {
    if (!build.versions.contains(name)) note(name);
  }
  loaded.replaced = std::move(replaced);
}

std::map<std::string, std::string> older_tasks(const LoadedTasks& loaded) {
  std::map<std::string, std::string> older;
  for (const auto& [name, build] : loaded.replaced) {
    const TaskVersion* here = find(loaded.versions, name);
    older[name] = here == nullptr ? "" : here->signature;
  }
  return older;
}

RunWith run_with(const TaskBuild& build, const LoadedTasks& loaded, const wire::Grant& grant) {
  const TaskVersion* here = find(loaded.versions, grant.task);
  const TaskVersion* newest = find(build.versions, grant.task);
  const bool is_here = here != nullptr && here->signature == grant.signature;
  const bool is_newest = newest != nullptr && newest->signature == grant.signature;
  const auto replaced = loaded.replaced.find(grant.task);
  if (is_newest && replaced != loaded.replaced.end()) {
    const auto run = build.runs.find(grant.run);
    const bool of_older_run = run != build.runs.end() && run->second < replaced->second;
    if (!is_here || !of_older_run) return RunWith::Newest;
  }
  return is_here ? RunWith::Loaded : RunWith::Nothing;
}

}  // namespace drover::agent
