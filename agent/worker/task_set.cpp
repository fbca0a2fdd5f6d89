#include "agent/worker/task_set.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "agent/worker/command/command_task.hpp"
#include "agent/worker/demangle.hpp"
#include "agent/worker/file_digest.hpp"
#include "agent/worker/task_file_names.hpp"
#include "agent/worker/trial_load.hpp"

namespace drover::worker {
namespace {

namespace fs = std::filesystem;

Result<void> only_ours_to_write(const fs::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return fail(ErrorCode::NotFound, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return fail(ErrorCode::Invalid, fmt::format("{} belongs to another user", path.string()));
  }
  const bool group_may_write = (info.st_mode & S_IWGRP) != 0 && info.st_gid != getegid();
  if (group_may_write || (info.st_mode & S_IWOTH) != 0) {
    return fail(ErrorCode::Invalid,
                fmt::format("others may write to {}: chmod go-w it", path.string()));
  }
  return {};
}

Result<const sdk::LibraryEntry*> open_library(const fs::path& file) {
  void* library = dlopen(fs::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* said = dlerror();
    const std::string reason = said != nullptr ? said : "the loader gives no reason";
    std::string told = demangled(reason);
    if (told != reason) std::fprintf(stderr, "%s\n", reason.c_str());  // For who searches for it.
    return fail(ErrorCode::Invalid, std::move(told));
  }
  using Entry = const sdk::LibraryEntry* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, sdk::entry_symbol));
  if (entry == nullptr) {
    return fail(
        ErrorCode::NotFound,
        fmt::format("it has no tasks (no symbol {}); does it use DROVER_TASK?", sdk::entry_symbol));
  }
  const sdk::LibraryEntry* found = entry();
  if (found->abi != sdk::abi_version) {
    return fail(ErrorCode::Unsupported,
                fmt::format("built for Drover ABI {}, this is {}; rebuild it", found->abi,
                            sdk::abi_version));
  }
  return found;
}

/// Scripts that lie beside their description; programs found on PATH are the machine's.
std::vector<std::string> programs_of(const CommandSpec& command) {
  std::error_code ignored;
  std::vector<std::string> programs;
  for (const auto& word : command.command) {
    const fs::path file = (command.folder / word).lexically_normal();
    if (fs::is_regular_file(file, ignored)) programs.push_back(file.string());
  }
  return programs;
}

/// Files beside a program that end as it does: modules that it may import. Those that are programs
/// themselves belong to their own tasks.
std::vector<std::string> modules_of(const std::vector<std::string>& programs,
                                    const std::set<std::string>& all_programs) {
  std::set<std::string> modules;
  std::error_code ignored;
  for (const fs::path program : programs) {
    if (!program.has_extension()) continue;
    for (fs::directory_iterator at(program.parent_path(), ignored), end; at != end;
         at.increment(ignored)) {
      const auto& file = at->path();
      if (file.extension() == program.extension() && at->is_regular_file(ignored) &&
          !all_programs.contains(file.string()))
        modules.insert(file.string());
    }
  }
  return {modules.begin(), modules.end()};
}

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

/// In the order of their names.
Result<std::vector<fs::path>> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    files.push_back(entries->path());
  }
  if (error) return fail(ErrorCode::NotFound, error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<void> trusted(const fs::path& file) {
  if (auto ours = only_ours_to_write(file); !ours) return ours;
  return only_ours_to_write(fs::absolute(file).parent_path());
}

fs::path builtin_tasks_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path() /
         "lib/drover/tasks";
}

void TaskSet::load_builtin() {
  const auto folder = builtin_tasks_folder();
  const auto files = files_in(folder);
  if (!files) {
    note(fmt::format("no tasks loaded from {}: {}", folder.string(), files.error().context));
    return;
  }
  for (const auto& file : *files) {
    if (is_task_library(file)) add_library(file, "");
  }
}

void TaskSet::load_folder(const fs::path& folder) {
  const auto files = files_in(folder);
  if (!files) {
    note(fmt::format("no tasks loaded from {}: {}", folder.string(), files.error().context));
    return;
  }
  bool any = false;
  for (const auto& file : *files) {
    any = any || is_task_library(file) || is_command_file(file);
    if (is_task_library(file)) load_library(file);
    if (is_command_file(file)) load_commands(file);
  }
  if (!any) {
    note(
        fmt::format("no tasks loaded from {}: it has no library (*.so) and no description of "
                    "commands (*.yaml)",
                    folder.string()));
  }
}

void TaskSet::load_commands(const fs::path& file) {
  const std::string name = file.filename();
  if (auto ours = trusted(file); !ours) {
    note(fmt::format("{} not loaded: {}", name, ours.error().context));
    return;
  }
  // Read before it is loaded: what is written meanwhile is another build then.
  const std::string description = digest_of(file);
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) {
    note(fmt::format("{} not loaded: it cannot be read", name));
    return;
  }
  auto commands = parse_commands(text.str(), file);
  for (auto& problem : commands.problems) note(std::move(problem));
  std::set<std::string> all_programs;
  for (const auto& command : commands.tasks) {
    for (auto& program : programs_of(command)) all_programs.insert(std::move(program));
  }
  for (auto& command : commands.tasks) {
    auto programs = programs_of(command);
    for (auto& module : modules_of(programs, all_programs)) programs.push_back(std::move(module));
    std::string files = description;
    for (auto& program : programs) {
      files += digest_of(program);
      programs_.push_back(std::move(program));
    }
    add(describe(std::move(command)), file.string(), files);
  }
}

void TaskSet::load_library(const fs::path& file) {
  if (auto ours = trusted(file); !ours) {
    note(fmt::format("{} not loaded: {}", file.filename().string(), ours.error().context));
    return;
  }
  const std::string files = digest_of(file);  // Before, here too.
  if (auto tried = trial_load(file); !tried) {
    note(fmt::format("{} not loaded: {}", file.filename().string(), tried.error().context));
    return;
  }
  add_library(file, files);
}

void TaskSet::add_library(const fs::path& file, const std::string& files) {
  const std::string name = file.filename();
  const auto entry = open_library(file);
  if (!entry) {
    if (entry.error().code == ErrorCode::NotFound) without_tasks_ += files;
    note(fmt::format("{} not loaded: {}", name, entry.error().context));
    return;
  }
  for (const auto& task : *(*entry)->tasks) add(task, file.string(), files);
  if ((*entry)->notes == nullptr) return;
  for (auto& line : (*entry)->notes()) note(std::move(line));
}

void TaskSet::add(sdk::TaskDescription description, const std::string& from,
                  const std::string& files) {
  auto signature = parse_signature(description.signature);
  if (!signature) {
    note(fmt::format("a task of {} left out: {}", file_name(from), signature.error().context));
    return;
  }
  if (const auto* known = find(signature->name)) {
    note(fmt::format("task '{}' of {} left out: {} has one of that name", signature->name,
                     file_name(from), file_name(known->from)));
    return;
  }
  std::string name = signature->name;
  std::string hash = signature_hash(*signature);
  tasks_.emplace(std::move(name), LoadedTask{std::move(*signature), std::move(hash),
                                             std::move(description), from, files});
}

const LoadedTask* TaskSet::find(std::string_view name) const {
  const auto found = tasks_.find(name);
  return found == tasks_.end() ? nullptr : &found->second;
}

std::vector<std::string> TaskSet::signatures() const {
  std::vector<std::string> all;
  for (const auto& [name, task] : tasks_) all.push_back(to_string(task.signature));
  return all;
}

std::string TaskSet::build_of(const LoadedTask& task) const {
  if (task.files.empty()) return "";
  const std::string files = task.files + without_tasks_;
  return fmt::format("{:016x}", XXH3_64bits(files.data(), files.size()));
}

}  // namespace drover::worker
