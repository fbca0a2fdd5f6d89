#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace drover::worker {

/// Tells a file from what is written in its place later.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t written_ns = 0;
  std::uint32_t mode = 0;  ///< Who may write to it decides whether it is loaded.
  bool operator==(const FileStamp&) const = default;
};

/// Nothing where there is no such file.
std::optional<FileStamp> stamp_of(const std::filesystem::path& file);

}  // namespace drover::worker
