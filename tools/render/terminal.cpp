#include "tools/render/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace drover::tools {
namespace {

constexpr std::size_t wide_enough_for_all = 1'000'000;

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

}  // namespace

Terminal Terminal::of_stdout() {
  Terminal terminal;
  terminal.live = ::isatty(STDOUT_FILENO) == 1;
  terminal.colour = terminal.live && std::getenv("NO_COLOR") == nullptr;
  winsize size{};
  if (!terminal.live) {
    terminal.width = wide_enough_for_all;
  } else if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  }
  return terminal;
}

std::string inked(const Terminal& terminal, Ink ink, std::string_view text) {
  if (!terminal.colour || ink == Ink::Plain) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code_of(ink), text);
}

}  // namespace drover::tools
