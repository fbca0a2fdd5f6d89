#include "common/workflow/check_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/types/codec.hpp"
#include "common/workflow/evaluate.hpp"

namespace drover::checking {
namespace {

struct Given {
  const ArgumentSpec* spec = nullptr;
  Feed feed = Feed::Whole;
};

class ArgumentCheck {
 public:
  ArgumentCheck(const StepSpec& step, const Signature& task, Scope& scope, Report& report)
      : step_(step), task_(task), scope_(scope), report_(report) {}

  std::optional<CheckedArguments> run() {
    assign(step_.with, Feed::Whole);
    assign(step_.each, Feed::Each);
    report_missing();
    evaluate();
    if (!good_) return std::nullopt;
    collect();
    if (good_) check_lengths();
    if (!good_) return std::nullopt;
    return std::move(checked_);
  }

 private:
  /// Which field of the task each argument is for.
  void assign(const std::vector<ArgumentSpec>& arguments, Feed feed) {
    std::vector<std::string> names;
    for (const auto& field : task_.args) names.push_back(field.name);
    for (const auto& argument : arguments) {
      const auto& name = argument.name.text;
      const auto field = std::find(names.begin(), names.end(), name);
      if (field == names.end()) {
        problem(
            argument.name.place,
            fmt::format("{} has no argument '{}'{}", task_.name, name, did_you_mean(name, names)),
            first_line(task_));
        touch(argument);
        continue;
      }
      Given& given = given_[static_cast<std::size_t>(field - names.begin())];
      if (given.spec != nullptr && given.feed != feed) {
        problem(argument.name.place, fmt::format("'{}' is given by 'with' and by 'each'", name));
        touch(argument);
      } else {
        given = {&argument, feed};
      }
    }
  }

  void report_missing() {
    for (std::size_t i = 0; i < task_.args.size(); ++i) {
      const auto& [name, type] = task_.args[i];
      if (given_[i].spec != nullptr || type.is(Type::Kind::Optional)) continue;
      problem(step_.task.place,
              fmt::format("{} needs '{}' ({})", task_.name, name, to_string(type)),
              first_line(task_));
    }
  }

  /// References first: they say what type variables stand for before literals need to know.
  void evaluate() {
    Evaluation evaluation(step_, scope_, bindings_, report_);
    for (const bool with_references : {true, false}) {
      for (std::size_t i = 0; i < task_.args.size(); ++i) {
        if (given_[i].spec == nullptr) continue;
        std::vector<Reference> references;
        collect_references(given_[i].spec->value, references);
        if (references.empty() == with_references) continue;
        sources_[i] = evaluation.argument(*given_[i].spec, task_.args[i].type, given_[i].feed);
        good_ = good_ && sources_[i];
      }
    }
  }

  void collect() {
    for (std::size_t i = 0; i < task_.args.size(); ++i) {
      const auto& field = task_.args[i];
      PlanArgument argument{field.name, substitute(field.type, bindings_), given_[i].feed, {}};
      if (sources_[i]) {
        argument.source = std::move(*sources_[i]);
      } else {
        argument.source.from = Constant{std::string(1, packed::nil)};
        // A variable that only an omitted argument names: nobody will look at it.
        if (argument.type.has_variables()) argument.type = Type::optional_of(Type::boolean());
      }
      if (given_[i].spec != nullptr) check_size(argument, *given_[i].spec);
      checked_.arguments.push_back(std::move(argument));
    }
    checked_.returns = substitute(task_.returns, bindings_);
    if (checked_.returns.has_variables()) {
      problem(step_.task.place,
              fmt::format("nothing says of which type the result is: {}", first_line(task_)));
    }
    for (const auto& each : step_.each) {
      const auto index = index_of(each.name.text);
      if (!checked_.key_argument && checked_.arguments[index].type == Type::uri()) {
        checked_.key_argument = static_cast<std::uint32_t>(index);
      }
    }
  }

  void check_size(const PlanArgument& argument, const ArgumentSpec& spec) {
    const auto* constant = std::get_if<Constant>(&argument.source.from);
    if (constant == nullptr || constant->value.size() <= max_value_bytes) return;
    std::size_t largest = constant->value.size();
    if (const auto elements = array_elements(constant->value); elements) {
      largest = 0;
      for (const auto element : *elements) largest = std::max(largest, element.size());
    }
    if (largest <= max_value_bytes) return;
    problem(spec.value.place,
            fmt::format("'{}' has a value of {} bytes, the most is {}", argument.name, largest,
                        max_value_bytes),
            "large data goes into a file, and its uri here");
  }

  /// Lists that are zipped are equally long; those that are known now are compared now.
  void check_lengths() {
    const ArgumentSpec* first = nullptr;
    std::size_t length = 0;
    for (const auto& each : step_.each) {
      const auto& source = checked_.arguments[index_of(each.name.text)].source;
      std::optional<std::size_t> known;
      if (const auto* list = std::get_if<MakeList>(&source.from)) known = list->elements.size();
      if (const auto* constant = std::get_if<Constant>(&source.from)) {
        if (const auto elements = array_elements(constant->value); elements)
          known = elements->size();
      }
      if (!known) continue;
      if (first != nullptr && *known != length) {
        problem(each.value.place,
                fmt::format("lists in 'each' go in step: '{}' has {} items, '{}' has {}",
                            first->name.text, length, each.name.text, *known));
        return;
      }
      first = &each;
      length = *known;
    }
  }

  std::size_t index_of(std::string_view name) const {
    const auto field = std::find_if(task_.args.begin(), task_.args.end(),
                                    [&](const Field& f) { return f.name == name; });
    return static_cast<std::size_t>(field - task_.args.begin());
  }

  /// Its references count as uses, and are looked at, though nothing can be said of their types.
  void touch(const ArgumentSpec& argument) {
    StepSpec only;
    only.name = step_.name;
    only.with.push_back(argument);
    check_references(only, scope_, report_);
  }

  void problem(Place where, const std::string& message, std::string hint = "") {
    report_.add(where, fmt::format("step '{}': {}", step_.name.text, message), std::move(hint));
    good_ = false;
  }

  const StepSpec& step_;
  const Signature& task_;
  Scope& scope_;
  Report& report_;
  Bindings bindings_;
  std::vector<Given> given_ = std::vector<Given>(task_.args.size());
  std::vector<std::optional<Source>> sources_ =
      std::vector<std::optional<Source>>(task_.args.size());
  CheckedArguments checked_;
  bool good_ = true;
};

}  // namespace

std::optional<CheckedArguments> check_arguments(const StepSpec& step, const Signature& task,
                                                Scope& scope, Report& report) {
  return ArgumentCheck(step, task, scope, report).run();
}

void check_references(const StepSpec& step, Scope& scope, Report& report) {
  Bindings unused;
  Evaluation evaluation(step, scope, unused, report);
  for (const auto* arguments : {&step.with, &step.each}) {
    for (const auto& argument : *arguments) evaluation.look_at(argument);
  }
}

void collect_references(const Literal& literal, std::vector<Reference>& found) {
  if (literal.is(Literal::Kind::Scalar)) {
    const auto text = parse_template(literal);
    if (!text) return;
    if (text->whole) found.push_back(*text->whole);
    for (const auto& piece : text->pieces) {
      if (const auto* reference = std::get_if<Reference>(&piece)) found.push_back(*reference);
    }
  }
  for (const auto& item : literal.items) collect_references(item, found);
  for (const auto& entry : literal.entries) collect_references(entry.value, found);
}

}  // namespace drover::checking
