#include "agent/worker/command/command_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/workflow/diagnostic.hpp"
#include "common/workflow/yaml_document.hpp"

namespace drover::worker {
namespace {

using Kind = Literal::Kind;

/// Reads one file and notes what is wrong with it.
class FileReader {
 public:
  explicit FileReader(const std::filesystem::path& file) : file_(file) {}

  CommandFile read(std::string_view text) {
    auto document = read_yaml(text);
    for (const auto& problem : document.problems) {
      wrong({problem.line, problem.column, 1},
            problem.message + " (types like int? and list[int] stand one a line, or in quotes)");
    }
    if (!found_.problems.empty()) return std::move(found_);
    if (!document.root || !document.root->is(Kind::Map)) {
      wrong({1, 1, 1}, "'tasks:' and below it descriptions of commands are expected");
      return std::move(found_);
    }
    const auto& entries = document.root->entries;
    const auto is_workflow = [](const LiteralEntry& e) { return e.key.text == "workflow"; };
    // A workflow may lie beside the tasks that it uses.
    if (std::any_of(entries.begin(), entries.end(), is_workflow)) return std::move(found_);
    const Literal* tasks = nullptr;
    for (const auto& [key, value] : entries) {
      if (key.text == "tasks") {
        tasks = &value;
      } else if (key.text == "types") {
        read_types(value);
      } else {
        wrong(key.place, fmt::format("'{}' is not known here: 'tasks' and 'types' are", key.text));
      }
    }
    if (tasks == nullptr || !tasks->is(Kind::Map)) {
      wrong(document.root->place, "there is no 'tasks:' with descriptions of commands below it");
      return std::move(found_);
    }
    for (const auto& [name, value] : tasks->entries) read_task(name, value);
    return std::move(found_);
  }

 private:
  void wrong(const Place& place, std::string_view what) {
    const std::uint32_t line = std::max(place.line, 1U);
    const auto behind = std::upper_bound(lines_.begin(), lines_.end(), line) - lines_.begin();
    lines_.insert(lines_.begin() + behind, line);
    found_.problems.insert(found_.problems.begin() + behind,
                           fmt::format("{}:{}: {}", file_.string(), line, what));
  }

  void read_types(const Literal& all) {
    std::map<std::string, std::string> bodies;
    for (const auto& [name, fields] : all.entries) {
      std::string body = "{";
      for (const auto& [field, type] : fields.entries) {
        if (body.size() > 1) body += ", ";
        body += field.text + ": " + type.text;
      }
      bodies[name.text] = body + "}";
    }
    auto types = parse_structs(bodies);
    if (!types) {
      wrong(all.place, "types: " + types.error().context);
      return;
    }
    types_ = std::move(*types);
  }

  /// What other notations call a type, or what is near it.
  std::string near_type(std::string_view name) const {
    static const std::map<std::string_view, std::string_view> elsewhere{
        {"string", "str"},   {"text", "str"},     {"integer", "int"},
        {"number", "float"}, {"double", "float"}, {"boolean", "bool"},
        {"path", "uri"},     {"file", "uri"},     {"array", "list[...]"}};
    if (const auto other = elsewhere.find(name); other != elsewhere.end())
      return fmt::format("; did you mean '{}'?", other->second);
    std::vector<std::string> names{"int", "float", "str", "bool", "bytes", "uri"};
    for (const auto& [known, type] : types_) names.push_back(known);
    return did_you_mean(name, names);
  }

  Result<Type> type_of(const Literal& text) const {
    if (!text.is(Kind::Scalar)) return fail(ErrorCode::Invalid, "a type is expected here");
    return parse_type(text.text, [this](std::string_view name) -> Result<Type> {
      const auto known = types_.find(std::string(name));
      if (known != types_.end()) return known->second;
      return fail(ErrorCode::Invalid,
                  fmt::format("there is no type '{}'{}", name, near_type(name)));
    });
  }

  void read_task(const Literal& name, const Literal& body) {
    const std::size_t problems = found_.problems.size();
    CommandSpec spec;
    spec.folder = std::filesystem::absolute(file_).parent_path();
    spec.signature.name = name.text;
    if (!is_identifier(name.text)) {
      wrong(name.place,
            fmt::format("'{}' cannot be the name of a task: letters, digits and '_'", name.text));
    }
    bool command = false, returns = false;
    for (const auto& [key, value] : body.entries) {
      if (key.text == "command") {
        command = true;
        read_command(value, spec);
      } else if (key.text == "persistent") {
        read_persistent(value, spec);
      } else if (key.text == "args") {
        read_arguments(value, spec);
      } else if (key.text == "returns") {
        returns = true;
        auto type = type_of(value);
        if (type) {
          spec.signature.returns = std::move(*type);
        } else {
          wrong(value.place, type.error().context);
        }
      } else {
        const std::string meant = nearest(key.text, {"command", "persistent", "args", "returns"});
        command = command || meant == "command";  // It is there, only misspelt.
        returns = returns || meant == "returns";
        wrong(key.place, fmt::format("'{}' is not known here{}", key.text,
                                     meant.empty() ? ": command, persistent, args, returns are"
                                                   : fmt::format("; did you mean '{}'?", meant)));
      }
    }
    if (!command) {
      wrong(name.place, fmt::format("task '{}' has no 'command: [program, argument]'", name.text));
    }
    if (!returns) wrong(name.place, fmt::format("task '{}' has no 'returns: type'", name.text));
    if (found_.problems.size() > problems) return;
    // The text is what everybody compares, so it must be one that can be read back.
    if (auto checked = parse_signature(to_string(spec.signature)); !checked) {
      wrong(name.place, checked.error().context);
      return;
    }
    found_.tasks.push_back(std::move(spec));
  }

  void read_command(const Literal& words, CommandSpec& spec) {
    if (!words.is(Kind::List)) {
      wrong(words.place,
            "a command is a list, [program, argument, ...]: no shell takes a line apart");
      return;
    }
    if (words.items.empty()) wrong(words.place, "a command begins with a program");
    for (const auto& word : words.items) {
      if (!word.is(Kind::Scalar)) wrong(word.place, "a word of a command is text");
      spec.command.push_back(word.text);
    }
  }

  void read_persistent(const Literal& value, CommandSpec& spec) {
    spec.persistent = value.text == "true";
    if (value.text != "true" && value.text != "false") {
      wrong(value.place, "'persistent' is true or false");
    }
  }

  void read_arguments(const Literal& arguments, CommandSpec& spec) {
    if (!arguments.is(Kind::Map)) {
      if (!arguments.is_null()) wrong(arguments.place, "'args' holds 'name: type' a line");
      return;
    }
    for (const auto& [name, text] : arguments.entries) {
      auto type = type_of(text);
      if (type) {
        spec.signature.args.push_back({name.text, std::move(*type)});
      } else {
        wrong(text.place, fmt::format("argument '{}': {}", name.text, type.error().context));
      }
    }
  }

  const std::filesystem::path& file_;
  std::map<std::string, Type> types_;
  std::vector<std::uint32_t> lines_;  // Of the problems, which stand in the order of reading.
  CommandFile found_;
};

/// What runs a script that is given to it.
bool is_interpreter(std::string_view program) {
  program.remove_prefix(program.rfind('/') + 1);  // None: 0.
  const auto version = program.find_last_not_of("0123456789.") + 1;
  program = program.substr(0, version);
  constexpr std::array known{"python", "pypy", "sh",    "bash", "dash", "zsh",
                             "ksh",    "perl", "ruby",  "node", "deno", "Rscript",
                             "php",    "lua",  "julia", "java", "env"};
  return std::ranges::find(known, program) != known.end();
}

}  // namespace

std::string name_of(const std::vector<std::string>& command) {
  auto word = command.begin();
  while (is_interpreter(*word)) {
    // Of `env`, words like NAME=value are options too.
    const auto script = std::find_if(word + 1, command.end(), [](const std::string& text) {
      return !text.starts_with('-') && text.find('=') == std::string::npos;
    });
    const bool has_code = std::any_of(word + 1, script, [](const std::string& option) {
      return option == "-c" || option == "-e";
    });
    if (script == command.end() || has_code) break;  // There is no script.
    word = script;
  }
  return *word;
}

CommandFile parse_commands(std::string_view text, const std::filesystem::path& file) {
  return FileReader(file).read(text);
}

}  // namespace drover::worker
