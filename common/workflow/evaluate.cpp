#include "common/workflow/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/types/codec.hpp"
#include "common/types/uri.hpp"

namespace drover::checking {
namespace {

using Kind = Literal::Kind;

const Type& without_optional(const Type& type) {
  return type.is(Type::Kind::Optional) ? type.element() : type;
}

Source constant_source(std::string value) { return Source{Constant{std::move(value)}}; }

const Constant* as_constant(const Source& source) { return std::get_if<Constant>(&source.from); }

/// `$$` is a dollar. Requires: no references in it.
Literal unescaped(Literal literal) {
  if (literal.is(Kind::Scalar)) {
    if (const auto text = parse_template(literal); text) literal.text = text->text();
  }
  for (auto& item : literal.items) item = unescaped(std::move(item));
  for (auto& entry : literal.entries) entry.value = unescaped(std::move(entry.value));
  return literal;
}

/// Joins the encoded elements, where all are constants.
std::optional<std::string> folded_array(const std::vector<Source>& elements) {
  std::string value;
  packed::append_array(value, elements.size());
  for (const auto& element : elements) {
    const auto* constant = as_constant(element);
    if (constant == nullptr) return std::nullopt;
    value += constant->value;
  }
  return value;
}

}  // namespace

std::optional<Source> Evaluation::argument(const ArgumentSpec& given, const Type& wanted,
                                           Feed feed) {
  argument_ = given.name.text;
  return feed == Feed::Each ? each_item(given.value, wanted) : value(given.value, wanted);
}

void Evaluation::look_at(const ArgumentSpec& given) {
  std::vector<Reference> references;
  collect_references(given.value, references);
  for (const auto& reference : references) refer(reference);
}

std::optional<Source> Evaluation::each_item(const Literal& literal, const Type& wanted) {
  if (literal.is(Kind::List)) return elements(literal.items, wanted);
  if (literal.is(Kind::Scalar)) {
    const auto text = parse_template(literal);
    if (!text) {
      unreadable(literal, text.error());
      return std::nullopt;
    }
    if (text->whole) {
      const auto referred = refer(*text->whole);
      if (!referred) return std::nullopt;
      const auto shown = to_string(*text->whole);
      if (!referred->type.is(Type::Kind::List)) {
        problem(
            text->whole->place,
            fmt::format("'each' goes through a list, {} is {}", shown, to_string(referred->type)),
            fmt::format("the same for all items:  with: {{{}: {}}}", argument_, shown));
        return std::nullopt;
      }
      if (fits(referred->item, wanted)) return referred->source;
      item_mismatch(*text->whole, *referred, wanted);
      return std::nullopt;
    }
  }
  problem(literal.place,
          fmt::format("'each' goes through a list, '{}' is given no list", argument_),
          fmt::format("the same for all items:  with: {{{}: ...}}", argument_));
  return std::nullopt;
}

std::optional<Source> Evaluation::value(const Literal& literal, const Type& wanted) {
  std::vector<Reference> references;
  collect_references(literal, references);
  if (literal.is(Kind::Scalar)) return scalar(literal, wanted);
  if (references.empty()) return constant(unescaped(literal), wanted);
  return literal.is(Kind::List) ? list(literal, wanted) : structure(literal, wanted);
}

std::optional<Source> Evaluation::scalar(const Literal& literal, const Type& wanted) {
  const auto text = parse_template(literal);
  if (!text) {
    unreadable(literal, text.error());
    return std::nullopt;
  }
  if (text->whole) return reference(*text->whole, wanted);
  if (text->has_references()) return interpolation(*text, literal, wanted);
  return constant(unescaped(literal), wanted);
}

std::optional<Source> Evaluation::constant(const Literal& literal, const Type& wanted) {
  if (substitute(wanted, bindings_).has_variables()) {
    const auto type = inferred_type(literal);
    if (!type) {
      problem(type.error().place, fmt::format("'{}': {}", argument_, type.error().message));
      return std::nullopt;
    }
    if (!fits(*type, wanted)) {
      problem(literal.place, fmt::format("'{}' takes {}, this is {}", argument_, to_string(wanted),
                                         to_string(*type)));
      return std::nullopt;
    }
  }
  const Type type = substitute(wanted, bindings_);
  const Type& inner = without_optional(type);
  if (literal.is(Kind::List) && !inner.is(Type::Kind::List) && !inner.is(Type::Kind::Struct)) {
    problem(literal.place,
            fmt::format("'{}' takes one {}, this is a list", argument_, to_string(inner)),
            fmt::format("once per item of the list:  each: {{{}: [...]}}", argument_));
    return std::nullopt;
  }
  auto value = value_of(literal, type, scope_.working_directory);
  if (value) return constant_source(std::move(*value));
  const bool one = literal.is(Kind::Scalar) && inner.is(Type::Kind::List);
  problem(value.error().place, fmt::format("'{}': {}", argument_, value.error().message),
          one ? fmt::format("a list of one:  [{}]", literal.text) : "");
  return std::nullopt;
}

std::optional<Source> Evaluation::list(const Literal& literal, const Type& wanted) {
  const Type& inner = without_optional(wanted);
  if (inner.is(Type::Kind::List)) return elements(literal.items, inner.element());
  if (inner.is(Type::Kind::Variable)) {
    problem(literal.place, fmt::format("'{}': nothing says of which type this list is", argument_));
    return std::nullopt;
  }
  problem(literal.place,
          fmt::format("'{}' takes one {}, this is a list", argument_, to_string(inner)),
          fmt::format("once per item of the list:  each: {{{}: [...]}}", argument_));
  return std::nullopt;
}

std::optional<Source> Evaluation::elements(const std::vector<Literal>& items, const Type& wanted) {
  MakeList made;
  made.elements.resize(items.size());
  bool good = true;
  for (const bool with_dollar :
       {true, false}) {  // as with arguments: references say what variables are
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (mentions_dollar(items[i]) != with_dollar) continue;
      auto element = value(items[i], wanted);
      good = good && element;
      if (element) made.elements[i] = std::move(*element);
    }
  }
  if (!good) return std::nullopt;
  if (auto folded = folded_array(made.elements)) return constant_source(std::move(*folded));
  return Source{std::move(made)};
}

std::optional<Source> Evaluation::structure(const Literal& literal, const Type& wanted) {
  const Type& inner = without_optional(wanted);
  if (!inner.is(Type::Kind::Struct)) {
    problem(literal.place,
            fmt::format("'{}' takes {}, this is a struct", argument_, to_string(wanted)));
    return std::nullopt;
  }
  std::vector<Source> fields;
  bool good = true;
  for (const auto& [key, given] : literal.entries) {
    const bool known =
        std::any_of(inner.fields().begin(), inner.fields().end(),
                    [&, &name = key.text](const Field& f) { return f.name == name; });
    if (known) continue;
    problem(key.place, fmt::format("'{}': {} has no field '{}': {}", argument_, inner.name(),
                                   key.text, fields_to_string(inner)));
    good = false;
  }
  for (const auto& field : inner.fields()) {
    const auto entry =
        std::find_if(literal.entries.begin(), literal.entries.end(),
                     [&](const LiteralEntry& e) { return e.key.text == field.name; });
    if (entry != literal.entries.end()) {
      auto source = value(entry->value, field.type);
      if (source && as_constant(*source) == nullptr) {
        problem(
            entry->value.place,
            fmt::format("'{}': a struct cannot be put together from results of steps", argument_));
        source.reset();
      }
      good = good && source;
      if (source) fields.push_back(std::move(*source));
    } else if (field.type.is(Type::Kind::Optional)) {
      fields.push_back(constant_source(std::string(1, packed::nil)));
    } else {
      problem(literal.place, fmt::format("'{}': field '{}' of {} is missing", argument_, field.name,
                                         inner.name()));
      good = false;
    }
  }
  if (!good) return std::nullopt;
  return constant_source(folded_array(fields).value());
}

std::optional<Source> Evaluation::reference(const Reference& reference, const Type& wanted) {
  auto referred = refer(reference);
  if (!referred) return std::nullopt;
  if (fits(referred->type, wanted)) return std::move(referred->source);
  mismatch(reference, *referred, wanted);
  return std::nullopt;
}

std::optional<Source> Evaluation::interpolation(const Template& text, const Literal& literal,
                                                const Type& wanted) {
  Interpolate made;
  std::string constant_text;  // the constant parts since the last that is none
  bool good = true;
  const auto flush = [&] {
    if (!constant_text.empty()) made.parts.push_back(constant_source(encoded(constant_text)));
    constant_text.clear();
  };
  for (const auto& piece : text.pieces) {
    if (const auto* plain = std::get_if<std::string>(&piece)) {
      constant_text += *plain;
      continue;
    }
    const auto& reference = std::get<Reference>(piece);
    const auto referred = refer(reference);
    const bool is_string =
        referred && (referred->type == Type::str() || referred->type == Type::uri());
    if (referred && as_constant(referred->source) != nullptr) {
      const auto part = text_of(reference, *referred);
      good = good && part;
      constant_text += part.value_or("");
    } else if (is_string) {
      flush();
      made.parts.push_back(referred->source);
    } else {
      if (referred) {
        problem(reference.place,
                fmt::format("{} is {}: of results only str and uri go inside a text",
                            to_string(reference), to_string(referred->type)));
      }
      good = false;
    }
  }
  if (!good) return std::nullopt;

  if (made.parts.empty()) {  // known now: it may even be a number
    Literal folded = literal;
    folded.text = constant_text;
    folded.quoted = true;
    return constant(folded, wanted);
  }
  flush();
  const bool wants_uri = without_optional(wanted).is(Type::Kind::Uri);
  if (!wants_uri && !fits(Type::str(), wanted)) {
    problem(literal.place,
            fmt::format("'{}' takes {}, this is a text", argument_, to_string(wanted)));
    return std::nullopt;
  }
  if (auto* first = std::get_if<Constant>(&made.parts.front().from);
      wants_uri && first != nullptr) {
    const auto start = decode<std::string>(first->value).value();
    if (!has_scheme(start) && start[0] != '/') {
      first->value = encoded(scope_.working_directory + "/" + start);
    }
  }
  return Source{std::move(made)};
}

void Evaluation::unreadable(const Literal& literal, const Misfit& misfit) {
  problem(misfit.place, misfit.message);
  for (auto& [name, input] : scope_.inputs) {
    if (literal.text.find(name) != std::string::npos) input.used = true;
  }
}

bool Evaluation::fits(const Type& from, const Type& wanted) {
  Bindings attempt = bindings_;
  if (!unify(from, wanted, attempt)) return false;
  bindings_ = std::move(attempt);
  return true;
}

void Evaluation::problem(Place where, const std::string& message, std::string hint) {
  report_.add(where, fmt::format("step '{}': {}", step_.name.text, message), std::move(hint));
}

}  // namespace drover::checking
