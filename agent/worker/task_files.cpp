#include "agent/worker/task_files.hpp"

#include <system_error>

namespace drover::worker {

namespace fs = std::filesystem;

bool is_task_library(const fs::path& file) { return file.extension() == ".so"; }

bool is_command_file(const fs::path& file) {
  return file.extension() == ".yaml" || file.extension() == ".yml";
}

void TaskFiles::watch_folder(const fs::path& folder) {
  folders_.push_back(folder);
  look_into(folder, loaded_);
}

void TaskFiles::watch_file(const fs::path& file) {
  files_.push_back(file);
  look_at(file, loaded_);
}

bool TaskFiles::changed() const { return look() != loaded_; }

bool TaskFiles::settled_change() {
  Stamps now = look();
  const bool settled = now != loaded_ && now == seen_;
  seen_ = std::move(now);
  return settled;
}

void TaskFiles::look_at(const fs::path& file, Stamps& stamps) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return;
  constexpr std::int64_t second = 1'000'000'000;
  stamps[file] =
      Stamp{info.st_ino, info.st_size, info.st_mtim.tv_sec * second + info.st_mtim.tv_nsec};
}

void TaskFiles::look_into(const fs::path& folder, Stamps& stamps) {
  std::error_code ignored;
  for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored)) {
    if (is_task_library(at->path()) || is_command_file(at->path())) look_at(at->path(), stamps);
  }
}

TaskFiles::Stamps TaskFiles::look() const {
  Stamps stamps;
  for (const auto& folder : folders_) look_into(folder, stamps);
  for (const auto& file : files_) look_at(file, stamps);
  return stamps;
}

}  // namespace drover::worker
