#include "tools/cli/usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "common/spelling.hpp"
#include "common/workflow/diagnostic.hpp"

namespace drover::tools {
namespace {

/// What other programs call our commands.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> known_elsewhere{
    {{"list", "ls"},
     {"ps", "ls"},
     {"runs", "ls"},
     {"status", "show"},
     {"describe", "show"},
     {"start", "up"},
     {"stop", "down"},
     {"submit", "run"},
     {"kill", "cancel"},
     {"retry", "rerun"}}};

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

/// `drover model check`
std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

/// The command that was named, or `app` itself where none was.
const CLI::App& named(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return given.empty() ? app : named(*given.front());
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string without_capital(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// `drover items RUN [STEP]`
std::string shape_of(const CLI::App& command) {
  std::string text = path_of(command);
  for (const auto* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name =
        option->get_name() + (option->get_items_expected_max() > 1 ? " ..." : "");
    text += option->get_required() ? " " + name : fmt::format(" [{}]", name);
  }
  return text;
}

/// The sentence, and the way out below it.
std::string with_way_out(const CLI::App& command, const std::string& sentence,
                         const std::string& fix = "") {
  constexpr std::string_view example = "Example:  ";
  const std::string footer = command.get_footer();
  std::string text = fmt::format("{}: {}\n", path_of(command), sentence);
  if (!fix.empty()) text += fmt::format("  try:          {}\n", fix);
  if (fix.empty() && footer.starts_with(example)) {
    text += fmt::format("  for example:  {}\n", footer.substr(example.size()));
  }
  const bool has_commands = !names_of_commands(command).empty();
  text += fmt::format("  {}  {} --help\n",
                      has_commands ? "all commands:" : "all options: ", path_of(command));
  return text;
}

std::string unknown_command(const CLI::App& app, const std::string& word) {
  if (word.ends_with(".yaml") || word.ends_with(".yml")) {
    return with_way_out(app, fmt::format("'{}' is not a command", word), "drover run " + word);
  }
  std::string meant;
  for (const auto& [theirs, ours] : known_elsewhere) {
    if (word == theirs && app.get_parent() == nullptr)
      meant = fmt::format("; did you mean '{}'?", ours);
  }
  if (meant.empty()) meant = did_you_mean(word, names_of_commands(app));
  return with_way_out(app, fmt::format("'{}' is not a command{}", word, meant));
}

/// What begins with the letter of a `-x`, where only one option does: any other letter is as near.
std::string with_that_letter(char letter, const std::vector<std::string>& names) {
  std::string meant;
  for (const auto& name : names) {
    if (!name.starts_with("--") || name.at(2) != letter) continue;
    if (!meant.empty()) return "";
    meant = fmt::format("; did you mean '{}'?", name);
  }
  return meant;
}

bool is_input_option(std::string_view word) { return word == "-i" || word == "--input"; }

/// An input that was given to a command which takes none; words are all of the command line.
std::string input_of_rerun(const CLI::App& command, const std::vector<std::string>& words) {
  const auto given = std::find_if(words.begin(), words.end(), is_input_option);
  const bool has_value = given != words.end() && std::next(given) != words.end();
  return with_way_out(command, "a rerun keeps the workflow and the inputs of its run",
                      fmt::format("drover run FILE -i {}",
                                  has_value ? shell_word(*std::next(given)) : "name=value"));
}

std::string unknown_option(const CLI::App& command, const std::string& word,
                           const std::vector<std::string>& words) {
  const auto name = word.substr(0, word.find('='));
  const auto known = names_of_options(command);
  if (is_input_option(name) && command.get_name() == "rerun") return input_of_rerun(command, words);
  return with_way_out(command, fmt::format("there is no option '{}'{}", name,
                                           name.size() == 2 ? with_that_letter(name[1], known)
                                                            : did_you_mean(name, known)));
}

/// `-i images /tmp`: the name and the value, as one word; empty where none is written so.
std::string torn_input(const CLI::App& command, const std::vector<std::string>& words) {
  const auto options = names_of_options(command);
  if (std::find(options.begin(), options.end(), "-i") == options.end()) return "";
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    const auto& name = words[i + 1];
    if (!is_input_option(words[i]) || is_option(name) || is_option(words[i + 2])) continue;
    if (name.find('=') == std::string::npos) return name + "=" + words[i + 2];
  }
  return "";
}

std::string too_many(const CLI::App& command, const std::vector<std::string>& words) {
  const auto options = names_of_options(command);
  if (words.front().find('=') != std::string::npos &&
      std::find(options.begin(), options.end(), "-i") != options.end()) {
    return with_way_out(command,
                        fmt::format("'{}' stands alone; an input is given with -i", words.front()),
                        "-i " + shell_word(words.front()));
  }
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back("'" + word + "'");
  return with_way_out(command, fmt::format("{} {} too much; it is written  {}", listed(quoted),
                                           words.size() == 1 ? "is" : "are", shape_of(command)));
}

/// A required word that is not there.
const CLI::Option* missing(const CLI::App& command) {
  const auto options = command.get_options();
  const auto found = std::find_if(options.begin(), options.end(), [](const CLI::Option* option) {
    return option->get_required() && option->count() == 0;
  });
  return found == options.end() ? nullptr : *found;
}

/// The error's own words are `NAME: what`, or other ones that begin with the option's name.
std::string wrong_value(const CLI::App& command, const std::string& what) {
  for (const auto* option : command.get_options()) {
    const std::string name = option->get_name();
    if (!what.starts_with(name + ":")) continue;
    // Its value was refused by a validator of ours, unless it had none.
    if (option->count() == 0 || option->results().front().empty()) {
      return with_way_out(command, fmt::format("{} has no value", name));
    }
    return with_way_out(command, name + what.substr(name.size()));
  }
  return with_way_out(command, what);
}

}  // namespace

std::string usage_text(const CLI::App& app, const CLI::ParseError& error,
                       const std::vector<std::string>& words) {
  const CLI::App& command = named(app);
  std::vector<std::string> left = app.remaining(true);
  std::stable_sort(left.begin(), left.end(), [&](const auto& a, const auto& b) {
    return std::find(words.begin(), words.end(), a) < std::find(words.begin(), words.end(), b);
  });
  if (!names_of_commands(command).empty() && !left.empty() && !is_option(left.front())) {
    return unknown_command(command, left.front());
  }
  const auto option = std::find_if(left.begin(), left.end(), is_option);
  if (option != left.end()) {
    const auto before = app.remaining(false);
    const auto known = names_of_options(command);
    if (&command != &app && std::find(before.begin(), before.end(), *option) != before.end() &&
        std::find(known.begin(), known.end(), *option) != known.end()) {
      return with_way_out(command, fmt::format("{} goes behind the command", *option),
                          fmt::format("{} {} ...", path_of(command), *option));
    }
    return unknown_option(command, *option, words);
  }
  if (!names_of_commands(command).empty()) {
    return &command == &app ? app.help() : with_way_out(command, "a command is missing");
  }
  if (error.get_name() == "RequiredError") {
    if (const auto* word = missing(command)) {
      return with_way_out(command, fmt::format("{} is missing: {}", word->get_name(),
                                               without_capital(word->get_description())));
    }
  }
  if (const auto input = torn_input(command, words); !input.empty()) {
    return with_way_out(command, "an input is one word, name=value", "-i " + shell_word(input));
  }
  if (!left.empty()) return too_many(command, left);
  return wrong_value(command, error.what());
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [least, most](const std::string& word) -> std::string {
        std::uint64_t number = 0;
        const auto* end = word.data() + word.size();
        const auto [at, problem] = std::from_chars(word.data(), end, number);
        if (problem == std::errc() && at == end && number >= least && number <= most) return "";
        return fmt::format("'{}' is not a whole number from {} on", word, least) +
               (problem == std::errc::result_out_of_range || number > most
                    ? fmt::format(" up to {}", most)
                    : "");
      },
      "");
}

}  // namespace drover::tools
