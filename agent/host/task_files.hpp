#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/worker/file_stamp.hpp"

namespace drover::agent {

/// The files that tasks come from: libraries and descriptions of commands in the folders of tasks,
/// and the programs these name that lie there too. Whoever rebuilds a library wants it to be used.
///
/// Threads  One.
class TaskFiles {
 public:
  /// Remembers how the libraries and descriptions of `folder` are now. Before they are loaded: what
  /// changes meanwhile is then seen.
  void watch_folder(const std::filesystem::path& folder);
  /// False where it is watched already.
  bool watch_file(const std::filesystem::path& file);

  /// Whether one was written, added or removed since it was first watched, or since settled().
  bool changed() const;
  /// Whether nothing was written since the last call: no compiler is at it any more. Then that is
  /// what changed() compares with.
  bool settled();

 private:
  using Stamps = std::map<std::filesystem::path, worker::FileStamp>;

  static void look_at(const std::filesystem::path& file, Stamps& stamps);
  static void look_into(const std::filesystem::path& folder, Stamps& stamps);
  Stamps look() const;

  std::vector<std::filesystem::path> folders_;
  std::vector<std::filesystem::path> files_;
  Stamps known_;
  std::optional<Stamps> seen_;  // by the last settled(), where that was not true
};

}  // namespace drover::agent
