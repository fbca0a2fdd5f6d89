#include "agent/host/resident_memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

namespace drover::agent {
namespace {

std::uint64_t resident_pages(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  return file >> all >> resident ? resident : 0;
}

/// Of the process, then of each of its children.
std::vector<std::uint64_t> pages_of_each(pid_t process) {
  std::vector<std::uint64_t> pages{resident_pages(process)};
  std::error_code ended;
  const std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", process), ended);
  for (auto thread = begin(threads); !ended && thread != end(threads); thread.increment(ended)) {
    std::ifstream children(thread->path() / "children");
    for (pid_t child = 0; children >> child;) pages.push_back(resident_pages(child));
  }
  return pages;
}

Bytes bytes_of(std::uint64_t pages) {
  return Bytes{pages * static_cast<std::uint64_t>(sysconf(_SC_PAGE_SIZE))};
}

}  // namespace

Bytes resident_memory(pid_t process) {
  const auto pages = pages_of_each(process);
  return bytes_of(std::accumulate(pages.begin(), pages.end(), std::uint64_t{0}));
}

Bytes largest_resident_memory(pid_t process) {
  return bytes_of(std::ranges::max(pages_of_each(process)));
}

}  // namespace drover::agent
