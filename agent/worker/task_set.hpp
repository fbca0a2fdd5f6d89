#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/types/signature.hpp"
#include "drover/abi.hpp"

namespace drover::worker {

/// A task that this process can run.
struct LoadedTask {
  Signature signature;
  std::string hash;  ///< signature_hash(signature)
  sdk::TaskDescription description;
  std::string from;     ///< The path of the file it came from, for people.
  std::string files{};  ///< Digests of those it is made of; empty where it comes with Drover.
};

/// The tasks of a worker, by name, and what could not be loaded.
///
/// Libraries stay loaded as long as the process: objects and code of theirs may be anywhere.
class TaskSet {
 public:
  /// Adds the tasks of every library (`*.so`) and every description of commands (`*.yaml`) in
  /// `folder`, in the order of their names. What does not load becomes a note and changes nothing
  /// else.
  void load_folder(const std::filesystem::path& folder);
  /// The libraries that come with Drover. Whoever could change them could change this program too,
  /// so they are not asked whose they are.
  void load_builtin();
  void load_library(const std::filesystem::path& file);
  void load_commands(const std::filesystem::path& file);
  /// Adds one task; a note where its signature is malformed or its name is taken.
  void add(sdk::TaskDescription description, const std::string& from,
           const std::string& files = "");
  void note(std::string line) { notes_.push_back(std::move(line)); }

  const LoadedTask* find(std::string_view name) const;
  std::vector<std::string> signatures() const;
  /// What tells the task from the one of another build, on this machine or another: by the
  /// contents of the files that it is made of, which are the one it comes from, programs that this
  /// names with the modules beside them, and libraries without tasks, which any may use. Empty
  /// where it comes with Drover. At most 16 bytes.
  std::string build_of(const LoadedTask& task) const;
  const std::vector<std::string>& notes() const { return notes_; }
  const std::map<std::string, LoadedTask, std::less<>>& tasks() const { return tasks_; }
  /// Files beside descriptions of commands that these name, and modules beside those.
  const std::vector<std::string>& programs() const { return programs_; }

 private:
  void add_library(const std::filesystem::path& file, const std::string& files);

  std::map<std::string, LoadedTask, std::less<>> tasks_;
  std::vector<std::string> notes_;
  std::vector<std::string> programs_;
  std::string without_tasks_;  // digests of libraries that have none
};

/// Where the libraries that come with Drover are: `../lib/drover/tasks` beside the running program.
std::filesystem::path builtin_tasks_folder();

/// Whether code from `file` may be run: it and its folder belong to this user or to root, and
/// nobody else can write to them. Errors: Invalid with the reason.
Result<void> trusted(const std::filesystem::path& file);

}  // namespace drover::worker
