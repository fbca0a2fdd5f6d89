#include "tools/render/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

constexpr std::size_t wide_enough_for_all = 1'000'000;

Terminal terminal_of(int descriptor) {
  Terminal terminal;
  terminal.live = ::isatty(descriptor) == 1;
  terminal.colour = terminal.live && std::getenv("NO_COLOR") == nullptr;
  winsize size{};
  if (!terminal.live) {
    terminal.width = wide_enough_for_all;
  } else if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  }
  return terminal;
}

const char* code_of(Ink ink) {
  switch (ink) {
    case Ink::Plain:
      return "0";
    case Ink::Bold:
      return "1";
    case Ink::Dim:
      return "2";
    case Ink::Green:
      return "32";
    case Ink::Red:
      return "31";
    case Ink::Yellow:
      return "33";
  }
  return "0";
}

/// Where the text begins behind a label and two blanks or more, as in `  failed     48  not a ...`;
/// 0 where the line has none.
std::size_t behind_label(std::string_view line) {
  const std::size_t label = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t gap = line.find("  ", label);
  return gap == std::string_view::npos ? 0
                                       : std::min(line.find_first_not_of(' ', gap), line.size());
}

/// Cells before what goes on below the line.
std::size_t indent_below(std::string_view line, std::size_t width) {
  const std::size_t under_text = width_of(line.substr(0, behind_label(line)));
  if (under_text > 0 && under_text < width / 2) return under_text;
  return std::min(line.find_first_not_of(' '), line.size()) + 2;
}

bool is_command(std::string_view line) {
  const std::string_view text = line.substr(std::min(line.find_first_not_of(' '), line.size()));
  return text.starts_with("drover ") || line.substr(behind_label(line)).starts_with("drover ");
}

}  // namespace

Terminal Terminal::of_stdout() { return terminal_of(STDOUT_FILENO); }
Terminal Terminal::of_stderr() { return terminal_of(STDERR_FILENO); }

std::string inked(const Terminal& terminal, Ink ink, std::string_view text) {
  if (!terminal.colour || ink == Ink::Plain) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code_of(ink), text);
}

std::vector<std::string> fitted(const std::vector<std::string>& lines, const Terminal& terminal) {
  if (!terminal.live) return lines;
  std::vector<std::string> fitting;
  for (const auto& line : lines) {
    if (is_command(line)) {
      fitting.push_back(line);
      continue;
    }
    for (auto& part : broken_at_blanks(line, terminal.width, indent_below(line, terminal.width))) {
      fitting.push_back(std::move(part));
    }
  }
  return fitting;
}

}  // namespace drover::tools
