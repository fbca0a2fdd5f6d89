#include "agent/host/resident_memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace drover::agent {
namespace {

std::uint64_t resident_pages(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  return file >> all >> resident ? resident : 0;
}

}  // namespace

Bytes resident_memory(pid_t process) {
  std::uint64_t pages = resident_pages(process);
  std::error_code ended;
  const std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", process), ended);
  for (auto thread = begin(threads); !ended && thread != end(threads); thread.increment(ended)) {
    std::ifstream children(thread->path() / "children");
    for (pid_t child = 0; children >> child;) pages += resident_pages(child);
  }
  return Bytes{pages * static_cast<std::uint64_t>(sysconf(_SC_PAGE_SIZE))};
}

}  // namespace drover::agent
