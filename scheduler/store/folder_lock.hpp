#pragma once

#include <filesystem>
#include <utility>

#include "common/result.hpp"

namespace drover::scheduler {

/// Holds a state folder for this process: one scheduler at a time.
///
/// The lock is the kernel's (flock), so it ends with the process, however that ends. The file keeps
/// the holder's process id for people.
class FolderLock {
 public:
  /// Makes the folder where it is missing.
  /// Errors: Busy, naming the folder and who holds it; Unavailable where it cannot be used.
  static Result<FolderLock> take(const std::filesystem::path& folder);

  /// Is the folder still where it was? Else somebody moved or removed it, and what is written goes
  /// where nobody will look.
  bool is_in_place() const;
  std::filesystem::path folder() const { return file_.parent_path(); }

  FolderLock(FolderLock&& other) noexcept
      : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  FolderLock(std::filesystem::path file, int descriptor)
      : file_(std::move(file)), descriptor_(descriptor) {}
  std::filesystem::path file_;
  int descriptor_;
};

}  // namespace drover::scheduler
