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

void World::note(Line line) {
  // FNV-1a over all that happens: two runs of a seed must agree in it.
  const auto add = [this](std::uint64_t value) {
    trace_hash = (trace_hash ^ value) * 0x100000001b3ULL;
  };
  add(static_cast<std::uint64_t>(line.when.time_since_epoch().count()));
  for (const char c : line.who) add(static_cast<std::uint8_t>(c));
  for (const char c : line.what) add(static_cast<std::uint8_t>(c));
  lines.push_back(std::move(line));
  if (lines.size() > lines_kept) lines.pop_front();
}

void World::fail(const std::string& what) {
  if (!failed()) problem = what;
}

}  // namespace drover::sim
