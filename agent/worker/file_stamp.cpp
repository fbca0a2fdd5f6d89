#include "agent/worker/file_stamp.hpp"

#include <sys/stat.h>

namespace drover::worker {

std::optional<FileStamp> stamp_of(const std::filesystem::path& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return std::nullopt;
  constexpr std::int64_t second = 1'000'000'000;
  return FileStamp{info.st_ino, info.st_size, info.st_mtim.tv_sec * second + info.st_mtim.tv_nsec,
                   info.st_mode};
}

}  // namespace drover::worker
