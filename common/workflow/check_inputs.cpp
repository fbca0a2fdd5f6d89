#include "common/workflow/check_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/types/packed.hpp"

namespace drover::checking {
namespace {

constexpr const char* default_results = "./results";
constexpr const char* known_types = "bool int float str bytes uri list[T] T?  or a struct";

/// The structs that inputs can be of: those the workflow declares, and those of the tasks it uses.
/// (Not of all tasks: what a workflow means does not depend on tasks that it does not name.)
class Structs {
 public:
  Structs(const WorkflowSpec& spec, const Catalogue& catalogue, Report& report) {
    for (const auto& step : spec.steps) {
      const auto task = catalogue.find(step.task.text);
      if (task == catalogue.end()) {
        lacks_task_ = true;
        continue;
      }
      for (const auto& arg : task->second.args) add_structs_of(arg.type);
      add_structs_of(task->second.returns);
    }
    declare(spec.types, report);
  }

  Result<Type> find(std::string_view name) const {
    if (const auto own = declared_.find(name); own != declared_.end()) return own->second;
    if (broken_.find(name) != broken_.end())
      return fail(ErrorCode::Invalid, "");  // reported already
    if (ambiguous_.find(name) != ambiguous_.end()) {
      return fail(
          ErrorCode::Invalid,
          fmt::format("tasks mean different things by '{}': declare it under 'types:'", name));
    }
    if (const auto known = of_tasks_.find(name); known != of_tasks_.end()) return known->second;
    const std::string near = did_you_mean(name, names());
    // A task that is not there declares it, most likely; that it is not there is reported.
    if (lacks_task_ && near.empty()) return fail(ErrorCode::Invalid, "");
    return fail(ErrorCode::Invalid, fmt::format("there is no type '{}'{}", name, near));
  }
  StructLookup lookup() const {
    return [this](std::string_view name) { return find(name); };
  }

 private:
  void add_structs_of(const Type& type) {
    std::vector<Type> found;
    collect_structs(type, found);
    for (const auto& structure : found) {
      const auto [known, is_new] = of_tasks_.emplace(structure.name(), structure);
      if (!is_new && !(known->second == structure)) ambiguous_.insert(structure.name());
    }
  }

  void declare(const std::vector<TypeSpec>& types, Report& report) {
    std::set<std::string, std::less<>> declared;
    for (const auto& type : types) declared.insert(type.name.text);
    // A declared struct is good enough here, whatever is in it; and its name may be asked for
    // early.
    const auto known = [&](std::string_view name) -> Result<Type> {
      return declared.find(name) != declared.end() ? Type::boolean() : find(name);
    };
    std::map<std::string, std::string> bodies;
    bool good = true;
    broken_ = declared;  // until all of them are found to be good
    for (const auto& type : types) {
      std::string body;
      for (const auto& field : type.fields) {
        if (const auto parsed = parse_type(field.type.text, known); !parsed) {
          report.add(field.type.place,
                     fmt::format("field '{}': {}", field.name.text, parsed.error().context),
                     known_types);
          good = false;
        }
        body += fmt::format("{}{}: {}", body.empty() ? "" : ", ", field.name.text, field.type.text);
      }
      bodies.emplace(type.name.text, "{" + body + "}");
    }
    if (!good) return;
    auto made = parse_structs(bodies, [&](std::string_view name) { return find(name); });
    if (made) {
      declared_.insert(made->begin(), made->end());
      broken_.clear();
      return;
    }
    Place place;
    for (const auto& type : types) {
      const bool named = made.error().context.find(type.name.text) != std::string::npos;
      if (place.line == 0 || named) place = type.name.place;
      if (named) break;
    }
    report.add(place, made.error().context);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all = {"bool", "int", "float", "str", "bytes", "uri", "list"};
    for (const auto& [name, type] : declared_) all.push_back(name);
    for (const auto& [name, type] : of_tasks_) all.push_back(name);
    return all;
  }

  std::map<std::string, Type, std::less<>> declared_;
  std::map<std::string, Type, std::less<>> of_tasks_;
  std::set<std::string, std::less<>> ambiguous_;
  std::set<std::string, std::less<>> broken_;  // declared, but wrong
  bool lacks_task_ = false;                    // that a step has
};

std::string example_for(const Type& type) {
  switch (type.kind()) {
    case Type::Kind::Uri:
      return "FOLDER";
    case Type::Kind::Int:
    case Type::Kind::Float:
      return "NUMBER";
    case Type::Kind::Bool:
      return "true";
    case Type::Kind::List:
      return "[...]";
    case Type::Kind::Struct:
      return "{...}";
    default:
      return "TEXT";
  }
}

class InputReader {
 public:
  InputReader(const Structs& structs, const InputTexts& texts, const std::string& working_directory,
              Report& report)
      : structs_(structs), texts_(texts), directory_(working_directory), report_(report) {}

  Input read(const InputSpec& spec) {
    Input input;
    input.place = spec.name.place;
    input.type = type_of(spec);
    if (input.type) input.value = value_of(spec, *input.type);
    return input;
  }

 private:
  std::optional<Type> type_of(const InputSpec& spec) {
    if (spec.type.text.empty() && spec.type.place.line == 0)
      return std::nullopt;  // reported already
    auto type = parse_type(spec.type.text, structs_.lookup());
    if (!type) {
      if (!type.error().context.empty()) {
        report_.add(spec.type.place,
                    fmt::format("input '{}': {}", spec.name.text, type.error().context),
                    known_types);
      }
      return std::nullopt;
    }
    if (type->has_variables()) {
      report_.add(spec.type.place,
                  fmt::format("input '{}': a type variable ({}) belongs to tasks only",
                              spec.name.text, spec.type.text));
      return std::nullopt;
    }
    return *type;
  }

  std::optional<std::string> value_of(const InputSpec& spec, const Type& type) {
    std::optional<std::string> value;
    if (spec.default_text) {  // checked even where another value is given
      auto read = value_from_text(spec.default_text->text, type, directory_);
      if (read)
        value = *read;
      else
        report_.add(spec.default_text->place,
                    fmt::format("input '{}': {}", spec.name.text, read.error().context));
    }
    if (const auto text = texts_.find(spec.name.text); text != texts_.end()) {
      auto read = value_from_text(text->second, type, directory_);
      if (read) return *read;
      report_.add_outside("-i " + spec.name.text, read.error().context);
      return std::nullopt;
    }
    if (value || spec.default_text) return value;
    if (type.is(Type::Kind::Optional)) return std::string(1, packed::nil);
    report_.add_outside("inputs", fmt::format("'{}' has no value", spec.name.text),
                        fmt::format("-i {}={}", spec.name.text, example_for(type)));
    return std::nullopt;
  }

  const Structs& structs_;
  const InputTexts& texts_;
  const std::string& directory_;
  Report& report_;
};

InputSpec results_of(const WorkflowSpec& spec) {
  InputSpec results = spec.results.value_or(InputSpec{{"results", {}}, {"uri", {}}, {}});
  if (!results.default_text) results.default_text = Word{default_results, results.name.place};
  return results;
}

void report_unknown(const Inputs& inputs, const InputTexts& texts, Report& report) {
  std::vector<std::string> names;
  for (const auto& [name, input] : inputs) names.push_back(name);
  for (const auto& [name, text] : texts) {
    if (inputs.find(name) != inputs.end()) continue;
    const auto near = did_you_mean(name, names);
    report.add_outside(
        "-i " + name,
        "no such input" + (near.empty()
                               ? fmt::format("; there {} {}", names.size() == 1 ? "is" : "are",
                                             fmt::join(names, ", "))
                               : near));
  }
}

}  // namespace

Inputs read_inputs(const WorkflowSpec& spec, const Catalogue& catalogue, const InputTexts& texts,
                   const std::string& working_directory, Report& report) {
  const Structs structs(spec, catalogue, report);
  Inputs inputs;
  for (const auto& declared : spec.inputs)
    inputs.emplace(declared.name.text, Input{declared.name.place, {}, {}, false});
  inputs["results"];
  report_unknown(inputs, texts, report);

  InputReader reader(structs, texts, working_directory, report);
  std::set<std::string> seen;
  for (const auto& declared : spec.inputs) {
    if (declared.name.text == "results") {
      report.add(declared.name.place,
                 "'results' is the folder for results, not an input of its own",
                 "results: uri = ./results  beside 'inputs:'");
    } else if (seen.insert(declared.name.text)
                   .second) {  // given twice: reported by the reader of YAML
      inputs[declared.name.text] = reader.read(declared);
    }
  }
  Input results = reader.read(results_of(spec));
  results.used = true;
  if (results.type && !(*results.type == Type::uri())) {
    report.add(spec.results->type.place,
               fmt::format("'results' is a uri, not {}", with_article(*results.type)),
               "results: uri = ./results");
    results.type.reset();
    results.value.reset();
  }
  inputs["results"] = std::move(results);
  return inputs;
}

}  // namespace drover::checking
