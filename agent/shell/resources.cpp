#include "agent/shell/resources.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace drover::agent {
namespace {

std::uint64_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long size = ::sysconf(_SC_PAGE_SIZE);
  return pages > 0 && size > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
             : 0;
}

/// The limit of the cgroup (version 2), where there is one.
std::uint64_t memory_limit() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::uint64_t limit = 0;
  return file >> limit ? limit : ~std::uint64_t{0};  // "max" is no number.
}

}  // namespace

std::uint32_t usable_processors() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof(mask), &mask) != 0) return 1;
  std::uint32_t count = static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&mask)));
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) {
    count = std::min(count, static_cast<std::uint32_t>(std::max(1.0, quota / period)));
  }
  return count;
}

Bytes usable_memory() { return Bytes{std::min(physical_memory(), memory_limit())}; }

std::vector<wire::SlotOffer> equal_slots(std::uint32_t wanted, Bytes memory) {
  std::vector<wire::SlotOffer> slots;
  for (std::uint32_t i = 0; i < wanted; ++i)
    slots.push_back(wire::SlotOffer{i, 1, 0, memory.count / wanted});
  return slots;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "host";
  return name.data();
}

}  // namespace drover::agent
