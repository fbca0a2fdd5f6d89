#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace drover::worker {

/// The files that a worker's tasks come from: libraries and descriptions of commands in its
/// folders, and the programs these name that lie there too. Whoever rebuilds a library wants it to
/// be used.
///
/// Threads  One.
class TaskFiles {
 public:
  /// Remembers how the libraries and descriptions of `folder` are now. Before they are loaded: what
  /// changes meanwhile is then seen.
  void watch_folder(const std::filesystem::path& folder);
  void watch_file(const std::filesystem::path& file);

  bool none() const { return folders_.empty() && files_.empty(); }
  /// Whether one was written, added or removed since.
  bool changed() const;
  /// changed(), and nothing was written since the last call: no compiler is at it any more.
  bool settled_change();

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t written_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::map<std::filesystem::path, Stamp>;

  static void look_at(const std::filesystem::path& file, Stamps& stamps);
  static void look_into(const std::filesystem::path& folder, Stamps& stamps);
  Stamps look() const;

  std::vector<std::filesystem::path> folders_;
  std::vector<std::filesystem::path> files_;
  Stamps loaded_;
  Stamps seen_;  // by the last settled_change()
};

/// Whether files of that name in a folder of tasks are loaded.
bool is_task_library(const std::filesystem::path& file);
bool is_command_file(const std::filesystem::path& file);

}  // namespace drover::worker
