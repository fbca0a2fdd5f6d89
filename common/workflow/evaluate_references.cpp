// What references give, and what is said where that does not fit.

#include <fmt/format.h>

#include "common/types/codec.hpp"
#include "common/workflow/evaluate.hpp"

namespace drover::checking {
namespace {

/// `Box (Box: {label: str})` where `other` means something else by the same name.
std::string told_apart(const Type& type, const Type& other) {
  std::vector<Type> structs;
  std::vector<Type> others;
  collect_structs(type, structs);
  collect_structs(other, others);
  for (const auto& structure : structs) {
    for (const auto& namesake : others) {
      if (structure.name() == namesake.name() && !(structure == namesake)) {
        return fmt::format("{} ({}: {})", to_string(type), structure.name(),
                           fields_to_string(structure));
      }
    }
  }
  return to_string(type);
}

}  // namespace

std::optional<std::string> Evaluation::text_of(const Reference& reference,
                                               const Referred& referred) {
  const auto& value = std::get<Constant>(referred.source.from).value;
  if (value.empty()) return std::nullopt;  // an input without a value: reported there
  switch (referred.type.kind()) {
    case Type::Kind::Str:
    case Type::Kind::Uri:
      return decode<std::string>(value).value();
    case Type::Kind::Bool:
      return decode<bool>(value).value() ? "true" : "false";
    case Type::Kind::Float:
      return fmt::format("{}", decode<double>(value).value());
    case Type::Kind::Int: {
      const auto number = decode<std::int64_t>(value);
      return number ? fmt::format("{}", *number)
                    : fmt::format("{}", decode<std::uint64_t>(value).value());
    }
    default:
      break;
  }
  problem(reference.place,
          fmt::format("{} is {}: only bool, int, float, str and uri go inside a text",
                      to_string(reference), to_string(referred.type)));
  return std::nullopt;
}

std::optional<Evaluation::Referred> Evaluation::refer(const Reference& reference) {
  if (const auto input = scope_.inputs.find(reference.name); input != scope_.inputs.end()) {
    input->second.used = true;
    if (!reference.part.empty()) {
      problem(reference.place,
              fmt::format("${} is an input and has no '.{}'", reference.name, reference.part));
      return std::nullopt;
    }
    if (!input->second.type) return std::nullopt;
    const Type& type = *input->second.type;
    // Without a value the plan is never made; types are checked all the same.
    return Referred{type, type.is(Type::Kind::List) ? type.element() : type,
                    Source{Constant{input->second.value.value_or("")}}, true};
  }
  if (const auto step = scope_.steps.find(reference.name); step != scope_.steps.end()) {
    return refer_to_step(reference, step->second);
  }
  if (report_.full()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, input] : scope_.inputs) names.push_back(name);
  for (const auto& [name, step] : scope_.steps) names.push_back(name);
  // One mistake, one message: what was meant is not reported as unused.
  const auto meant = scope_.inputs.find(nearest(reference.name, names));
  if (meant != scope_.inputs.end()) meant->second.used = true;
  problem(reference.place, fmt::format("there is no input or step '{}'{}", reference.name,
                                       did_you_mean(reference.name, names)));
  return std::nullopt;
}

std::optional<Evaluation::Referred> Evaluation::refer_to_step(const Reference& reference,
                                                              const StepInfo& step) {
  const std::string& part = reference.part;
  if (!part.empty() && part != "ok" && part != "failed") {
    problem(reference.place, fmt::format("a step has no '.{}', only .ok and .failed", part));
    return std::nullopt;
  }
  if (!part.empty() && !step.map) {
    problem(reference.place,
            fmt::format("'{}' has no '.{}': it runs once, not once per item", reference.name, part),
            "$" + reference.name);
    return std::nullopt;
  }
  if (!step.returns) return std::nullopt;
  const Type& returns = *step.returns;
  const auto made = [&](Type type, Type item, Part which) {
    return Referred{std::move(type), std::move(item), Source{StepResult{step.index, which}}, false};
  };
  if (part == "failed") return made(Type::list_of(failure_type()), failure_type(), Part::Failed);
  if (part == "ok") return made(Type::list_of(returns), returns, Part::Ok);
  if (step.map) return made(Type::list_of(Type::optional_of(returns)), returns, Part::All);
  if (returns.is(Type::Kind::List)) return made(returns, returns.element(), Part::All);
  return made(returns, returns, Part::Value);
}

void Evaluation::mismatch(const Reference& reference, const Referred& from, const Type& wanted) {
  const Type resolved = substitute(wanted, bindings_);
  const bool one = from.type.is(Type::Kind::List) && !resolved.is(Type::Kind::List);
  problem(reference.place,
          fmt::format("'{}' takes {}{}, {} is {}", argument_, one ? "one " : "",
                      told_apart(resolved, from.type), to_string(reference),
                      told_apart(from.type, resolved)),
          hint_for(reference, from, wanted));
}

void Evaluation::item_mismatch(const Reference& reference, const Referred& from,
                               const Type& wanted) {
  problem(reference.place, fmt::format("'{}' takes {}, an item of {} is {}", argument_,
                                       told_apart(wanted, from.item), to_string(reference),
                                       told_apart(from.item, wanted)));
}

std::string Evaluation::hint_for(const Reference& reference, const Referred& from,
                                 const Type& wanted) const {
  const auto would_fit = [&](const Type& type) {
    Bindings attempt = bindings_;
    return unify(type, wanted, attempt);
  };
  const auto shown = to_string(reference);
  if (from.type.is(Type::Kind::List)) {
    if (would_fit(from.item)) {
      const auto each =
          fmt::format("once per item of the list:  each: {{{}: {}}}", argument_, shown);
      return from.item.is(Type::Kind::List) ? "one list of all:  task: flatten;  or " + each : each;
    }
    if (!(from.type.element() == from.item) && would_fit(Type::list_of(from.item))) {
      return fmt::format("without the items that failed:  {}.ok", shown);
    }
  }
  if (would_fit(Type::list_of(from.type))) return fmt::format("a list of one:  [{}]", shown);
  if (from.type == Type::uri() && would_fit(Type::str())) {
    return fmt::format("as a text:  \"${{{}}}\"", shown.substr(1));
  }
  if (from.input && from.type == Type::str() && would_fit(Type::uri())) {
    return fmt::format("declare the input as  {}: uri", reference.name);
  }
  return "";
}

}  // namespace drover::checking
