#include "common/workflow/parse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/workflow/options.hpp"
#include "common/workflow/yaml_document.hpp"

namespace drover {
namespace {

using Kind = Literal::Kind;

bool is_name(std::string_view word) {
  std::string plain(word);
  std::replace(plain.begin(), plain.end(), '-', '_');
  return is_identifier(plain) && word.front() != '-';
}

/// Turns the literals of a file into a workflow, noting what does not belong there.
class Reading {
 public:
  explicit Reading(WorkflowSpec& spec) : spec_(spec) {}

  void workflow(const Literal& root) {
    if (!root.is(Kind::Map)) {
      problem(root.place, "a workflow begins with 'workflow: NAME'");
      return;
    }
    const std::vector<std::string> known = {"workflow", "item",  "inputs", "results",
                                            "types",    "steps", "outputs"};
    for (const auto& [key, value] : root.entries) {
      if (key.text == "workflow") {
        spec_.name = word(value, "the name of the workflow");
      } else if (key.text == "item") {
        spec_.item_word = word(value, "the word for one input").text;
      } else if (key.text == "inputs") {
        inputs(key, value);
      } else if (key.text == "results") {
        spec_.results = input(key, value);
      } else if (key.text == "types") {
        types(key, value);
      } else if (key.text == "steps") {
        steps(key, value);
      } else if (key.text == "outputs") {
        outputs(value);
      } else {
        problem(key.place,
                fmt::format("a workflow has no '{}'{}", key.text, did_you_mean(key.text, known)),
                "it has " + fmt::format("{}", fmt::join(known, ", ")));
      }
    }
    if (!has(root, "workflow")) problem({1, 1, 1}, "the name is missing", "workflow: NAME");
    if (spec_.steps.empty() && !(has(root, "steps"))) {
      problem({1, 1, 1}, "there are no steps", "steps: …");
    }
  }

 private:
  void inputs(const Literal& key, const Literal& all) {
    if (!map(key, all, "'name: type' or 'name: type = default' a line")) return;
    for (const auto& [name, value] : all.entries) {
      if (spec_.inputs.size() == max_inputs) {
        problem(name.place, fmt::format("a workflow has at most {} inputs", max_inputs));
        return;
      }
      if (check_name(name, "an input")) spec_.inputs.push_back(input(name, value));
    }
  }

  /// `type` or `type = default`.
  InputSpec input(const Literal& key, const Literal& value) {
    InputSpec made;
    made.name = {key.text, key.place};
    if (!value.is(Kind::Scalar) || value.is_null()) {
      problem(value.is_null() ? key.place : value.place, fmt::format("'{}' needs a type", key.text),
              key.text + ": str");
      return made;
    }
    const std::string_view text = value.text;
    const auto equals = text.find('=');
    auto type = text.substr(0, equals);
    while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
    made.type = {std::string(type), part_of(value, 0, type.size())};
    if (equals != std::string_view::npos) {
      const auto begin = std::min(text.size(), text.find_first_not_of(' ', equals + 1));
      made.default_text = {std::string(text.substr(begin)),
                           part_of(value, begin, text.size() - begin)};
    }
    return made;
  }

  void types(const Literal& key, const Literal& all) {
    if (!map(key, all, "'Name: {field: type}' a line")) return;
    for (const auto& [name, value] : all.entries) {
      TypeSpec made{{name.text, name.place}, {}};
      if (!map(name, value, "'field: type' a line")) continue;
      for (const auto& field : value.entries) {
        if (!field.value.is(Kind::Scalar) || field.value.is_null()) {
          problem(field.key.place, fmt::format("field '{}' needs a type", field.key.text),
                  field.key.text + ": str");
          continue;
        }
        made.fields.push_back(
            {{field.key.text, field.key.place}, {field.value.text, field.value.place}});
      }
      spec_.types.push_back(std::move(made));
    }
  }

  void steps(const Literal& key, const Literal& all) {
    if (!map(key, all, "'name:' and below it 'task: TASK'")) return;
    for (const auto& [name, value] : all.entries) {
      if (spec_.steps.size() == max_steps) {
        problem(name.place, fmt::format("a workflow has at most {} steps", max_steps));
        return;
      }
      if (check_name(name, "a step")) step(name, value);
    }
  }

  void step(const Literal& key, const Literal& body) {
    StepSpec made;
    made.name = {key.text, key.place};
    if (map(key, body, "'task: TASK' and its arguments")) {
      for (const auto& [name, value] : body.entries) {
        if (name.text == "task") {
          made.task = word(value, "the name of a task");
        } else if (name.text == "with") {
          arguments(made.with, name, value);
        } else if (name.text == "each") {
          arguments(made.each, name, value);
          if (made.each.empty())
            problem(name.place, "'each' names no argument", "each: {argument: $list}");
        } else {
          option(made, name, value);
        }
      }
      if (!has(body, "task")) {
        problem(key.place, fmt::format("step '{}' has no task", key.text), "task: NAME");
      }
    }
    spec_.steps.push_back(std::move(made));
  }

  void arguments(std::vector<ArgumentSpec>& into, const Literal& key, const Literal& value) {
    if (!map(key, value, "{argument: value}")) return;
    for (const auto& [name, argument] : value.entries) {
      into.push_back({{name.text, name.place}, argument});
    }
  }

  void option(StepSpec& step, const Literal& key, const Literal& value) {
    step.option_places.emplace(key.text, key.place);
    for (const auto& [place, message] : read_option(step.options, key, value)) {
      problem(place, fmt::format("step '{}': {}", step.name.text, message));
    }
  }

  void outputs(const Literal& all) {
    if (!all.is(Kind::List)) {
      problem(all.place, "'outputs' is a list of steps", "outputs: [step, step]");
      return;
    }
    spec_.outputs.emplace();
    for (const auto& item : all.items) {
      Word name = word(item, "the name of a step");
      if (!name.text.empty() && name.text[0] == '$') name.text.erase(0, 1);
      spec_.outputs->push_back(std::move(name));
    }
  }

  bool map(const Literal& key, const Literal& value, std::string hint) {
    if (value.is(Kind::Map)) return true;
    problem(value.is_null() ? key.place : value.place,
            fmt::format("'{}' needs entries, as in 'name: value'", key.text), std::move(hint));
    return false;
  }

  Word word(const Literal& literal, std::string_view what) {
    if (literal.is(Kind::Scalar) && !literal.text.empty()) return {literal.text, literal.place};
    problem(literal.place, fmt::format("{} is wanted here", what));
    return {"", literal.place};
  }

  bool check_name(const Literal& key, std::string_view what) {
    if (!key.is(Kind::Scalar)) return false;  // noted by the reader of YAML
    if (is_name(key.text)) return true;
    problem(key.place, fmt::format("{} cannot be called {}", what, quoted_for_message(key.text)),
            "letters, digits, _ and -, beginning with a letter");
    return false;
  }

  static bool has(const Literal& map, std::string_view key) {
    return std::any_of(map.entries.begin(), map.entries.end(),
                       [&](const LiteralEntry& entry) { return entry.key.text == key; });
  }

  /// The place of some bytes inside a scalar that stands on one line.
  static Place part_of(const Literal& scalar, std::size_t from, std::size_t length) {
    Place place = scalar.place;
    if (place.length < scalar.text.size()) return place;
    place.column += static_cast<std::uint32_t>(from + (scalar.quoted ? 1 : 0));
    place.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, length));
    return place;
  }

  void problem(Place where, std::string message, std::string hint = "") {
    add_diagnostic(spec_.problems, {spec_.file, where.line, where.column, where.length,
                                    std::move(message), std::move(hint)});
  }

  WorkflowSpec& spec_;
};

}  // namespace

WorkflowSpec parse_workflow(std::string_view text, std::string file) {
  WorkflowSpec spec;
  spec.file = std::move(file);
  if (text.size() > max_workflow_bytes) {
    spec.readable = false;
    spec.problems.push_back({spec.file, 1, 1, 1,
                             fmt::format("a workflow has at most {} bytes", max_workflow_bytes),
                             ""});
    return spec;
  }
  auto document = read_yaml(text);
  for (auto& problem : document.problems) {
    problem.file = spec.file;
    spec.problems.push_back(std::move(problem));
  }
  spec.readable = document.root.has_value();
  if (document.root) Reading(spec).workflow(*document.root);
  return spec;
}

}  // namespace drover
