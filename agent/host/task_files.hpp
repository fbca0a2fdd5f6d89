#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

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
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t written_ns = 0;
    std::uint32_t mode = 0;  // Who may write to it decides whether it is loaded.
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::map<std::filesystem::path, Stamp>;

  static void look_at(const std::filesystem::path& file, Stamps& stamps);
  static void look_into(const std::filesystem::path& folder, Stamps& stamps);
  Stamps look() const;

  std::vector<std::filesystem::path> folders_;
  std::vector<std::filesystem::path> files_;
  Stamps known_;
  std::optional<Stamps> seen_;  // by the last settled(), where that was not true
};

}  // namespace drover::agent
