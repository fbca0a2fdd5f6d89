#include "tests/sim/world.hpp"

#include <fmt/format.h>

namespace drover::sim {

bool World::run_next() {
  if (queue_.empty()) return false;
  const auto first = queue_.begin();
  now = first->first.first;
  const auto act = std::move(first->second);
  queue_.erase(first);
  ++events;
  act();
  return true;
}

std::optional<Random> World::strikes(double share, const char* what) {
  if (share <= 0 || !strikes_.chance(share)) return std::nullopt;
  const std::uint64_t number = faults_++;
  if (cut.faults.contains(number)) return std::nullopt;
  note("fault", fmt::format("{}: {}", number, what));
  return Random(seed_, 0xfa17'0000'0000ULL + number);
}

void World::note(std::string_view who, const std::string& what) {
  const auto micro =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  lines.push_back(
      fmt::format("{:4d}.{:06d} {:<9} {}", micro / 1'000'000, micro % 1'000'000, who, what));
  // FNV-1a over all lines: two runs of a seed must agree in it.
  for (const char c : lines.back()) {
    trace_hash = (trace_hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  }
  if (lines.size() > lines_kept) lines.pop_front();
}

void World::fail(const std::string& what) {
  if (!failed()) problem = what;
}

}  // namespace drover::sim
