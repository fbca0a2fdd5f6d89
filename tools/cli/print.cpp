#include "tools/cli/print.hpp"

#include <fmt/format.h>

#include <utility>

#include "tools/cli/exit_codes.hpp"
#include "tools/cli/to_json.hpp"
#include "tools/render/terminal.hpp"

namespace drover::tools {
namespace {

/// Of the whole process, as its command line is.
SchedulerWords& scheduler_words() {
  static SchedulerWords words;
  return words;
}

}  // namespace

void name_scheduler_in_commands(SchedulerWords words) { scheduler_words() = std::move(words); }

std::string copyable(std::string_view text) { return copyable(text, scheduler_words()); }

void say(const std::vector<std::string>& lines) {
  std::vector<std::string> copies;
  for (const auto& line : lines) copies.push_back(copyable(line));
  for (const auto& line : fitted(copies, Terminal::of_stdout())) fmt::print("{}\n", line);
}

void remark(std::string_view line) {
  fmt::print(stderr, "{}{}", copyable(line), line.ends_with('\n') ? "" : "\n");
}

int print(const Error& error) {
  remark(error.context);
  return exit_code_of(error);
}

int print(const wire::Rejected& rejected, bool json) {
  if (json) {
    fmt::print("{}\n", text_of(to_json(rejected)));
  } else {
    remark(rejected.text);
  }
  return wrong_usage;
}

}  // namespace drover::tools
