#include "agent/worker/page.hpp"

#include <algorithm>
#include <cstring>

namespace drover::worker {

void write_phase(ProgressCell& cell, std::string_view phase) {
  const auto relaxed = std::memory_order_relaxed;
  std::array<char, max_phase_bytes + 1> text{};
  std::memcpy(text.data(), phase.data(), std::min(phase.size(), max_phase_bytes));
  const std::uint32_t sequence = cell.sequence.load(relaxed);
  cell.sequence.store(sequence + 1, relaxed);
  for (std::size_t i = 0; i < cell.phase.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i * sizeof word, sizeof word);
    cell.phase[i].store(word, std::memory_order_release);
  }
  cell.sequence.store(sequence + 2, std::memory_order_release);
}

Progress read_progress(const ProgressCell& cell) {
  constexpr int max_tries = 1000;
  // Acquired, so that the number is read again after what it stands for.
  const auto acquire = std::memory_order_acquire;
  Progress progress;
  for (int attempt = 0; attempt < max_tries; ++attempt) {
    const std::uint32_t before = cell.sequence.load(acquire);
    progress.lease = cell.lease.load(acquire);
    progress.first = cell.first.load(acquire);
    progress.last = cell.last.load(acquire);
    progress.since_ns = cell.since_ns.load(acquire);
    std::array<char, max_phase_bytes + 1> text{};
    for (std::size_t i = 0; i < cell.phase.size(); ++i) {
      const std::uint64_t word = cell.phase[i].load(acquire);
      std::memcpy(text.data() + i * sizeof word, &word, sizeof word);
    }
    progress.phase.assign(text.data(), strnlen(text.data(), max_phase_bytes));
    if (before % 2 == 0 && cell.sequence.load(std::memory_order_relaxed) == before) break;
  }
  return progress;
}

}  // namespace drover::worker
