#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/spelling.hpp"
#include "tools/render/numbers.hpp"
#include "tools/render/run_parts.hpp"
#include "tools/render/run_view.hpp"

namespace drover::tools {
namespace {

/// What a rerun with --failed does, of all steps.
std::string only_failed_text(const wire::RunStatus& run) {
  std::uint64_t failed = 0, done = 0;
  for (const auto& step : run.steps) {
    if (!step.map) continue;
    failed += step.failed;
    done += step.done;
  }
  std::string text =
      fmt::format("a new run of only {} {}", failed == 1 ? "this" : "these", with_commas(failed));
  if (done > 0) text += fmt::format(", {} result{} kept", with_commas(done), done == 1 ? "" : "s");
  return text;
}

/// The map step whose failures a person looks at first.
const wire::StepStatus* failed_step(const wire::RunStatus& run) {
  const wire::StepStatus* first = nullptr;
  for (const auto& step : run.steps) {
    if (!step.map || step.failed == 0) continue;
    if (first == nullptr || (step.state == "failed" && first->state != "failed")) first = &step;
  }
  return first;
}

/// `next:  COMMAND    what it does`; what it does goes below where it does not fit beside.
std::vector<std::string> lines_of_commands(
    const std::vector<std::pair<std::string, std::string>>& commands, const Terminal& terminal) {
  constexpr std::size_t indent = 7, between = 4;
  std::size_t width = 0, widest = 0;
  for (const auto& [command, what] : commands) width = std::max(width, width_of(command));
  for (const auto& [command, what] : commands)
    widest = std::max(widest, indent + width + between + width_of(what));
  const bool beside = !terminal.live || widest <= terminal.width;
  std::vector<std::string> lines;
  for (const auto& [command, what] : commands) {
    const std::string head = fmt::format("{:<{}}", lines.empty() ? "next:" : "", indent);
    if (beside) {
      lines.push_back(head + padded(command, width + between) + what);
      continue;
    }
    lines.push_back(head + command);
    for (auto& line : fitted({std::string(indent + 2, ' ') + what}, terminal, indent + 2))
      lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<std::string> next_lines(const wire::RunStatus& run, const Terminal& terminal,
                                    bool printed) {
  std::vector<std::pair<std::string, std::string>> next;
  const auto* step = failed_step(run);
  if (!run.failures.empty()) {
    const auto& first = run.failures.front();
    const bool plain = is_of_plain_step(run, first);
    const auto maps = map_steps(run);
    const std::string item = shell_word(plain ? first.step : example_of(first));
    if (printed) {
      const std::string which = plain || maps == 1 ? "" : " --step " + first.step;
      next.emplace_back(fmt::format("drover logs {} {}{}", run.short_id, item, which),
                        "what its attempt printed");
    } else {
      const std::string which = plain || maps == 1 ? "" : first.step + " ";
      next.emplace_back(fmt::format("drover explain {} {}{}", run.short_id, which, item),
                        "where and how often it was tried");
    }
    if (plain && run.state == "failed") {
      next.emplace_back(fmt::format("drover rerun {}", run.short_id),
                        "a new run, once that is mended; what is done is kept");
    }
  }
  if (step != nullptr) {
    if (run.state == "failed" && step->state == "failed" && step->done > 0) {
      const double share =
          100.0 * static_cast<double>(step->failed) / static_cast<double>(step->total.value_or(1));
      next.emplace_back(
          fmt::format("drover rerun {} --allow-failed {:.0f}%", run.short_id, std::ceil(share)),
          "keeps the results, runs only what follows");
    }
    next.emplace_back(fmt::format("drover rerun {} --failed", run.short_id), only_failed_text(run));
  }
  if (run.state == "cancelled") {
    next.emplace_back(fmt::format("drover rerun {}", run.short_id), "a new run of what is missing");
  }
  next.emplace_back(fmt::format("drover show {}", run.short_id), "how it went");
  return lines_of_commands(next, terminal);
}

}  // namespace drover::tools
