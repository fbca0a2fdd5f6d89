#include "tools/render/next_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/causes.hpp"
#include "common/spelling.hpp"
#include "tools/render/numbers.hpp"
#include "tools/render/run_parts.hpp"

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

/// Did its items fail for what is wrong with them, so that they fail again as long as it is?
bool fail_again(const wire::RunStatus& run, const wire::StepStatus& step) {
  return std::all_of(run.failures.begin(), run.failures.end(), [&](const auto& group) {
    return group.step != step.name || group.cause == name_of(Cause::UserError) ||
           group.cause == name_of(Cause::Input);
  });
}

/// A look at the first failure.
NextCommand look(const wire::RunStatus& run, bool printed) {
  const auto& first = run.failures.front();
  const bool plain = is_of_plain_step(run, first);
  const bool step_is_plain = plain || map_steps(run) == 1;
  const std::string item = shell_word(plain ? first.step : example_of(first));
  if (printed) {
    return {fmt::format("drover logs {} {}{}", run.short_id, item,
                        step_is_plain ? "" : " --step " + first.step),
            "what its attempt printed"};
  }
  return {fmt::format("drover explain {} {}{}", run.short_id, step_is_plain ? "" : first.step + " ",
                      item),
          "where and how often it was tried"};
}

/// The run again after items of a map step have failed.
void add_reruns(const wire::RunStatus& run, const wire::StepStatus& step,
                std::vector<NextCommand>& next) {
  if (run.state == "failed" && step.state == "failed" && step.done > 0) {
    const double share =
        100.0 * static_cast<double>(step.failed) / static_cast<double>(step.total.value_or(1));
    next.push_back(
        {fmt::format("drover rerun {} --allow-failed {:.0f}%", run.short_id, std::ceil(share)),
         "keeps the results, runs only what follows"});
  }
  next.push_back({fmt::format("drover rerun {} --failed", run.short_id),
                  (fail_again(run, step) ? "once that is mended: " : "") + only_failed_text(run)});
}

}  // namespace

std::vector<NextCommand> next_commands(const wire::RunStatus& run, bool printed) {
  std::vector<NextCommand> next;
  if (!run.failures.empty()) {
    next.push_back(look(run, printed));
    if (is_of_plain_step(run, run.failures.front()) && run.state == "failed") {
      next.push_back({fmt::format("drover rerun {}", run.short_id),
                      "once that is mended: the same inputs again, what is done is kept"});
      if (run.anew.find(" -i ") != std::string::npos)
        next.push_back({run.anew, "a new run, where an input is wrong: change it in this line"});
    }
  }
  if (const auto* step = failed_step(run)) add_reruns(run, *step, next);
  if (run.state == "cancelled") {
    next.push_back({fmt::format("drover rerun {}", run.short_id), "a new run of what is missing"});
  }
  next.push_back({fmt::format("drover show {}", run.short_id), "how it went"});
  return next;
}

std::vector<std::string> next_lines(const std::vector<NextCommand>& commands,
                                    const Terminal& terminal) {
  constexpr std::size_t indent = 7, between = 4;
  std::size_t width = 0, widest = 0;
  for (const auto& next : commands) width = std::max(width, width_of(next.command));
  for (const auto& next : commands)
    widest = std::max(widest, indent + width + between + width_of(next.what));
  const bool beside = !terminal.live || widest <= terminal.width;
  std::vector<std::string> lines;
  for (const auto& [command, what] : commands) {
    const std::string head = fmt::format("{:<{}}", lines.empty() ? "next:" : "", indent);
    if (beside) {
      lines.push_back(head + padded(command, width + between) + what);
      continue;
    }
    lines.push_back(head + command);
    for (auto& line : fitted({std::string(indent + 2, ' ') + what}, terminal))
      lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace drover::tools
