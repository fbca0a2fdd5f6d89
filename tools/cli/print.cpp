#include "tools/cli/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/cli/exit_codes.hpp"
#include "tools/cli/to_json.hpp"
#include "tools/render/numbers.hpp"
#include "tools/render/terminal.hpp"

namespace drover::tools {
namespace {

/// Of the whole process, as its command line is.
SchedulerWords& scheduler_words() {
  static SchedulerWords words;
  return words;
}

std::vector<std::string> lines_of(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Of what is wrong with a workflow. Marks stand under what they mark, so a line of the file stays
/// whole, and what goes on of a hint stands under its beginning.
void print_problem_line(const std::string& line) {
  const Terminal terminal = Terminal::of_stderr();
  const bool is_excerpt = line.find(" | ") != std::string::npos;
  const std::size_t mark = line.find("^   ");
  std::vector<std::string> parts{line};
  if (terminal.live && is_excerpt && mark != std::string::npos) {
    const std::size_t hint = std::min(width_of(line.substr(0, mark)) + 4, terminal.width / 2);
    parts = broken_at_blanks(line, terminal.width, hint);
  } else if (!is_excerpt) {
    parts = fitted(parts, terminal);
  }
  for (const auto& part : parts) fmt::print(stderr, "{}\n", part);
}

}  // namespace

void name_scheduler_in_commands(SchedulerWords words) { scheduler_words() = std::move(words); }

std::string copyable(std::string_view text) { return copyable(text, scheduler_words()); }

void say(const std::vector<std::string>& lines) {
  std::vector<std::string> copies;
  copies.reserve(lines.size());
  for (const auto& line : lines) copies.push_back(copyable(line));
  for (const auto& line : fitted(copies, Terminal::of_stdout())) fmt::print("{}\n", line);
}

void remark(std::string_view text) {
  for (const auto& line : fitted(lines_of(copyable(text)), Terminal::of_stderr()))
    fmt::print(stderr, "{}\n", line);
}

int print(const Error& error) {
  remark(error.context);
  return exit_code_of(error);
}

int print(const wire::Rejected& rejected, bool json) {
  if (json) {
    fmt::print("{}\n", text_of(to_json(rejected)));
  } else {
    for (const auto& line : lines_of(copyable(rejected.text))) print_problem_line(line);
  }
  return wrong_usage;
}

}  // namespace drover::tools
