#include "scheduler/core/missing_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/spelling.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t most_lines = 2;

/// Agents note other things too, such as a slot that is off.
bool is_about_loading(std::string_view note) {
  static constexpr std::array words{
      " not loaded: ", " left out: ", "no tasks loaded", " not understood: ", " is not used ",
      ".yaml:",        ".yml:"};
  return std::ranges::any_of(
      words, [&](std::string_view word) { return note.find(word) != std::string_view::npos; });
}

}  // namespace

std::vector<std::string> why_missing(const State& state, const std::string& task) {
  std::vector<std::string> lines;
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    for (const auto& note : agent.notes) {
      const std::string line = one_line(note);
      if (is_about_loading(line) && std::ranges::find(lines, line) == lines.end())
        lines.push_back(line);
    }
  }
  const auto names_it = [&](const std::string& line) {
    return line.find(task) != std::string::npos;
  };
  std::stable_partition(lines.begin(), lines.end(), names_it);
  if (lines.size() <= most_lines) return lines;
  const std::size_t more = lines.size() - most_lines;
  lines.resize(most_lines);
  lines.push_back(fmt::format("and {} more:  drover agents", more));
  return lines;
}

}  // namespace drover::scheduler
