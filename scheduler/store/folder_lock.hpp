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

  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace drover::scheduler
