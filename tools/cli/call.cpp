#include "tools/cli/call.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <new>
#include <random>

#include "agent/worker/call_task.hpp"
#include "agent/worker/page.hpp"
#include "agent/worker/signal_name.hpp"
#include "common/types/json.hpp"
#include "common/types/literal.hpp"
#include "common/workflow/diagnostic.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/print.hpp"

namespace drover::tools {
namespace {

/// The encoded values of `name=value` words, by the types that the task declares.
Result<std::map<std::string, std::string>> encode_arguments(const Signature& signature,
                                                            const std::vector<std::string>& words) {
  std::error_code gone;
  const std::string here = std::filesystem::current_path(gone).string();
  if (gone) {
    return fail(ErrorCode::NotFound,
                "the folder that this is called in is not there any more: cd to another");
  }
  std::map<std::string, std::string> values;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto declared = std::find_if(signature.args.begin(), signature.args.end(),
                                       [&](const Field& field) { return field.name == name; });
    if (equals == std::string::npos || declared == signature.args.end()) {
      return fail(ErrorCode::Invalid,
                  fmt::format("'{}' is no argument: {}", word, first_line(signature)));
    }
    auto value = value_from_text(std::string_view(word).substr(equals + 1), declared->type, here);
    if (!value) return fail(name, value.error());
    if (!values.emplace(name, std::move(*value)).second) {
      return fail(ErrorCode::Invalid, fmt::format("'{}' is given twice", name));
    }
  }
  return values;
}

/// Where files of this call go, as those of a run do: a folder of its own, so that a file of an
/// earlier call is neither replaced nor taken for this one's. It is made by who writes there.
std::filesystem::path results_folder() {
  std::random_device random;
  std::error_code gone;  // Then encode_arguments() has said so.
  return std::filesystem::current_path(gone) / "results" / fmt::format("call-{:08x}", random());
}

/// What stands wrong in the folders has been told by then, and is why.
Error unknown_task(const std::string& name, const worker::TaskSet& tasks) {
  std::vector<std::string> names;
  for (const auto& [task, loaded] : tasks.tasks()) names.push_back(task);
  std::string text = fmt::format("there is no task '{}'{}", name, did_you_mean(name, names));
  if (const auto near = nearest(name, names); !near.empty()) {
    text += "\n  " + first_line(tasks.find(near)->signature);
  } else {
    text += "\n  all:    drover tasks";
    if (tasks.notes().empty()) text += fmt::format("\n  yours:  drover call {} --tasks DIR", name);
  }
  return Error{ErrorCode::NotFound, text};
}

int call_here(const std::string& task, const std::vector<std::string>& arguments,
              const std::vector<std::string>& folders, worker::ProgressCell* progress) {
  worker::TaskSet tasks;
  tasks.load_builtin();
  std::error_code gone;
  for (const auto& folder : folders) tasks.load_folder(std::filesystem::absolute(folder, gone));
  for (const auto& note : tasks.notes()) fmt::print(stderr, "{}\n", note);
  const worker::LoadedTask* loaded = tasks.find(task);
  if (loaded == nullptr) return print(unknown_task(task, tasks));
  const auto values = encode_arguments(loaded->signature, arguments);
  if (!values) return print(values.error());
  const auto results = results_folder();
  worker::CallPlace place{results.string()};
  place.progress = progress;
  const auto value = worker::call_task(tasks, task, *values, place);
  std::error_code ignored;
  if (std::filesystem::exists(results, ignored)) {
    fmt::print(stderr, "files of this call are in {}\n", results.string());
  }
  if (!value) {
    fmt::print(stderr, "{}\n", value.error().context);
    return value.error().code == ErrorCode::Failed ? run_failed : wrong_usage;
  }
  const auto json = to_json_text(*value, loaded->signature.returns);
  if (!json) return print(json.error());
  fmt::print("{}\n", *json);
  return succeeded;
}

/// Outlives the process that writes it; null where there is no memory, and then nothing is told.
worker::ProgressCell* shared_progress() {
  void* memory = ::mmap(nullptr, sizeof(worker::ProgressCell), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) worker::ProgressCell();
}

}  // namespace

int call(const std::string& task, const std::vector<std::string>& arguments,
         const std::vector<std::string>& folders) {
  // A task that crashes takes its process with it, so it has one; whatever it does to its signals,
  // this one says whose fault it was.
  worker::ProgressCell* progress = shared_progress();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int status = call_here(task, arguments, folders, progress);
    std::fflush(nullptr);
    ::_exit(status);
  }
  int status = 0;
  pid_t ended = child;
  do ended = ::waitpid(child, &status, 0);
  while (ended < 0 && errno == EINTR);
  if (ended < 0) {
    return print(Error{ErrorCode::Internal,
                       fmt::format("task '{}' cannot be called: {}", task, std::strerror(errno))});
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const std::string phase = progress == nullptr ? "" : worker::read_progress(*progress).phase;
  fmt::print(stderr, "task '{}' crashed: {}{}{}\n", task, worker::signal_name(WTERMSIG(status)),
             phase.empty() ? "" : " while ", phase);
  return run_failed;
}

}  // namespace drover::tools
