#pragma once

#include <filesystem>

namespace drover::worker {

/// Whether files of that name in a folder of tasks are loaded.
inline bool is_task_library(const std::filesystem::path& file) { return file.extension() == ".so"; }

inline bool is_command_file(const std::filesystem::path& file) {
  return file.extension() == ".yaml" || file.extension() == ".yml";
}

}  // namespace drover::worker
