#include "tools/render/copyable.hpp"

#include <algorithm>

namespace drover::tools {
namespace {

constexpr std::string_view program = "drover ";

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

const std::string& words_behind(const std::string& command, const SchedulerWords& words) {
  static const std::string none;
  if (std::find(words.commands.begin(), words.commands.end(), command) == words.commands.end()) {
    return none;
  }
  const bool of_machine = command == "up" || command == "down";
  return of_machine || words.address.empty() ? words.state : words.address;
}

}  // namespace

std::string copyable(std::string_view text, const SchedulerWords& words) {
  std::string copy;
  std::size_t copied = 0;
  for (std::size_t at = text.find(program); at != std::string_view::npos;
       at = text.find(program, at + 1)) {
    const bool begins_word =
        at == 0 || std::string_view(" \t\n'(`").find(text[at - 1]) != std::string_view::npos;
    const auto* first = text.begin() + at + program.size();
    const auto* last = std::find_if_not(first, text.end(), is_letter);
    if (!begins_word) continue;
    const auto end = static_cast<std::size_t>(last - text.begin());
    copy += text.substr(copied, end - copied);
    copy += words_behind(std::string(first, last), words);
    copied = end;
  }
  return copy + std::string(text.substr(copied));
}

}  // namespace drover::tools
