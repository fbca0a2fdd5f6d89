#include "agent/host/task_files.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "agent/worker/task_file_names.hpp"

namespace drover::agent {

namespace fs = std::filesystem;

void TaskFiles::watch_folder(const fs::path& folder) {
  folders_.push_back(folder);
  look_into(folder, known_);
}

bool TaskFiles::watch_file(const fs::path& file) {
  if (std::ranges::find(files_, file) != files_.end()) return false;
  files_.push_back(file);
  look_at(file, known_);
  return true;
}

bool TaskFiles::changed() const { return look() != known_; }

bool TaskFiles::settled() {
  Stamps now = look();
  const bool same = seen_ == now;
  if (same) {
    known_ = std::move(now);
    seen_.reset();
  } else {
    seen_ = std::move(now);
  }
  return same;
}

void TaskFiles::look_at(const fs::path& file, Stamps& stamps) {
  if (const auto stamp = worker::stamp_of(file)) stamps[file] = *stamp;
}

void TaskFiles::look_into(const fs::path& folder, Stamps& stamps) {
  if (const auto stamp = worker::stamp_of(folder)) stamps[folder].mode = stamp->mode;
  std::error_code ignored;
  for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored)) {
    const fs::path& file = at->path();
    if (worker::is_task_library(file) || worker::is_command_file(file)) look_at(file, stamps);
  }
}

TaskFiles::Stamps TaskFiles::look() const {
  Stamps stamps;
  for (const auto& folder : folders_) look_into(folder, stamps);
  for (const auto& file : files_) look_at(file, stamps);
  return stamps;
}

}  // namespace drover::agent
