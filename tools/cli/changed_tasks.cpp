#include "tools/cli/changed_tasks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <iostream>

#include "common/spelling.hpp"
#include "tools/cli/print.hpp"
#include "tools/render/terminal.hpp"

namespace drover::tools {
namespace {

std::string answer_of(const std::string& line) {
  if (line.empty() || line == "k" || line == "keep") return "keep";
  if (line == "a" || line == "again") return "again";
  if (line == "s" || line == "stop") return "stop";
  return "";
}

}  // namespace

std::string told(const wire::ChangedTask& changed, const std::string& run) {
  return fmt::format(
      "step '{}': {} of run {} {} of task '{}' as it was ({}); it was built anew ({})",
      changed.step, counted(changed.kept, "result"), run, changed.kept == 1 ? "is" : "are",
      changed.task, fmt::join(changed.then, ", "), fmt::join(changed.now, ", "));
}

std::string ask_about(const wire::ChangedTasks& changed) {
  for (const auto& step : changed.steps) remark(told(step, changed.run));
  if (::isatty(STDIN_FILENO) != 1 || !Terminal::of_stderr().live) {
    remark("they are kept; to run them again:  --changed again");
    return "keep";
  }
  while (true) {
    fmt::print(stderr, "[k]eep them, run them [a]gain, or [s]top? [k] ");
    std::string line;
    if (!std::getline(std::cin, line)) return "stop";
    if (const auto answer = answer_of(line); !answer.empty()) return answer;
  }
}

}  // namespace drover::tools
