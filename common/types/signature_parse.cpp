#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "common/types/signature.hpp"

namespace drover {
namespace {

std::optional<Type> scalar(std::string_view word) {
  if (word == "bool") return Type::boolean();
  if (word == "int") return Type::integer();
  if (word == "float") return Type::floating();
  if (word == "str") return Type::str();
  if (word == "bytes") return Type::bytes();
  if (word == "uri") return Type::uri();
  return std::nullopt;
}

bool is_variable(std::string_view word) {
  return word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z';
}

Result<Type> within_limits(Type type) {
  if (type.depth() > max_type_depth) {
    return fail(ErrorCode::TooLarge,
                fmt::format("{} is nested deeper than {} levels", to_string(type), max_type_depth));
  }
  if (type.weight() > max_type_weight) {
    return fail(ErrorCode::TooLarge,
                fmt::format("{} consists of more than {} types", to_string(type), max_type_weight));
  }
  return type;
}

/// Reads one line of the notation from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() {
    skip_spaces();
    return at_ == text_.size();
  }
  bool accept(std::string_view token) {
    skip_spaces();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  Result<void> expect(std::string_view token) {
    if (accept(token)) return {};
    return wrong(fmt::format("'{}' expected", token));
  }
  Result<std::string_view> word(std::string_view what) {
    skip_spaces();
    std::size_t end = at_;
    while (end < text_.size() && is_identifier(text_.substr(at_, end + 1 - at_))) ++end;
    if (end == at_) return wrong(fmt::format("{} expected", what));
    const auto found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }

  Result<Type> type(const StructLookup& structs, std::uint32_t depth = 0) {
    if (depth > max_type_depth) {
      return fail(ErrorCode::TooLarge,
                  fmt::format("'{}' is nested deeper than {} levels", text_, max_type_depth));
    }
    const auto name = word("a type");
    if (!name) return tl::unexpected(name.error());
    auto found = named(*name, structs, depth);
    if (found && accept("?")) {
      if (found->is(Type::Kind::Optional)) return wrong("one '?' is enough");
      found = Type::optional_of(*found);
    }
    if (found && accept("?")) return wrong("one '?' is enough");
    return found.and_then(within_limits);
  }

  /// `name: type, ...` up to `end`, which is taken too.
  Result<std::vector<Field>> fields(std::string_view end, const StructLookup& structs) {
    std::vector<Field> all;
    std::set<std::string, std::less<>> names;
    while (!accept(end)) {
      if (!all.empty()) {
        if (auto comma = expect(","); !comma) return tl::unexpected(comma.error());
      }
      const auto name = word("a name");
      if (!name) return tl::unexpected(name.error());
      if (!names.emplace(*name).second) return wrong(fmt::format("'{}' is there twice", *name));
      if (auto colon = expect(":"); !colon) return tl::unexpected(colon.error());
      auto parsed = type(structs);
      if (!parsed) return tl::unexpected(parsed.error());
      all.push_back({std::string(*name), std::move(*parsed)});
      if (all.size() > max_arguments) {
        return fail(ErrorCode::TooLarge,
                    fmt::format("'{}' has more than {} parts", text_, max_arguments));
      }
    }
    return all;
  }

  tl::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::Invalid, fmt::format("{} at column {} of '{}'", what, at_ + 1, text_));
  }

 private:
  Result<Type> named(std::string_view name, const StructLookup& structs, std::uint32_t depth) {
    if (name == "list") {
      if (auto open = expect("["); !open) return tl::unexpected(open.error());
      auto element = type(structs, depth + 1);
      if (!element) return element;
      if (auto close = expect("]"); !close) return tl::unexpected(close.error());
      return Type::list_of(*element);
    }
    if (const auto known = scalar(name)) return *known;
    if (is_variable(name)) return Type::variable(name[0]);
    return structs(name);
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Makes structs from their texts when they are asked for, so that order does not matter.
class StructTable {
 public:
  explicit StructTable(std::map<std::string, std::string, std::less<>> bodies,
                       StructLookup others = no_struct)
      : bodies_(std::move(bodies)), others_(std::move(others)) {}

  Result<Type> find(std::string_view name) {
    if (const auto made = made_.find(name); made != made_.end()) return made->second;
    const auto body = bodies_.find(name);
    if (body == bodies_.end()) return others_(name);
    const auto [open, is_new] = open_.emplace(name);
    if (!is_new) {
      return fail(ErrorCode::Invalid, fmt::format("'{}' contains itself", name));
    }
    auto fields = read(body->second);
    open_.erase(open);
    if (!fields) return fail(name, fields.error());
    auto type = within_limits(Type::structure(std::string(name), std::move(*fields)));
    if (type) made_.emplace(name, *type);
    return type;
  }
  StructLookup lookup() {
    return [this](std::string_view name) { return find(name); };
  }

 private:
  Result<std::vector<Field>> read(std::string_view body) {
    if (open_.size() > max_type_depth) {
      return fail(ErrorCode::TooLarge,
                  fmt::format("structs are nested deeper than {} levels", max_type_depth));
    }
    Reader reader(body);
    if (auto open = reader.expect("{"); !open) return tl::unexpected(open.error());
    auto fields = reader.fields("}", lookup());
    if (!fields) return fields;
    if (fields->empty()) return reader.wrong("a struct has at least one field");
    if (!reader.at_end()) return reader.wrong("nothing more expected");
    for (const auto& field : *fields) {
      if (field.type.has_variables()) {
        return reader.wrong(fmt::format("field '{}' cannot be a type variable", field.name));
      }
    }
    return fields;
  }

  std::map<std::string, std::string, std::less<>> bodies_;
  StructLookup others_;
  std::map<std::string, Type, std::less<>> made_;
  std::set<std::string, std::less<>> open_;  // being made: meeting one again is a recursion
};

bool may_name_struct(std::string_view name) {
  return is_identifier(name) && !scalar(name) && name != "list" && !is_variable(name);
}

void collect_variables(const Type& type, std::set<std::string>& found) {
  if (!type.has_variables()) return;
  if (type.is(Type::Kind::Variable)) {
    found.insert(type.name());
  } else {
    collect_variables(type.element(), found);
  }
}

Result<Signature> read_first_line(std::string_view line, StructTable& structs) {
  Reader reader(line);
  Signature signature;
  const auto name = reader.word("the name of a task");
  if (!name) return tl::unexpected(name.error());
  signature.name = *name;
  if (auto open = reader.expect("("); !open) return tl::unexpected(open.error());
  auto args = reader.fields(")", structs.lookup());
  if (!args) return tl::unexpected(args.error());
  signature.args = std::move(*args);
  if (auto arrow = reader.expect("->"); !arrow) return tl::unexpected(arrow.error());
  auto returns = reader.type(structs.lookup());
  if (!returns) return tl::unexpected(returns.error());
  signature.returns = std::move(*returns);
  signature.batched = reader.accept("batched");
  if (!reader.at_end()) return reader.wrong("nothing more expected");

  std::set<std::string> given;
  std::set<std::string> used;
  for (const auto& arg : signature.args) collect_variables(arg.type, given);
  collect_variables(signature.returns, used);
  for (const auto& variable : used) {
    if (given.count(variable) == 0) {
      return reader.wrong(fmt::format("no argument says what {} stands for", variable));
    }
  }
  return signature;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<Type> no_struct(std::string_view name) {
  return fail(ErrorCode::Invalid, fmt::format("there is no type '{}'", name));
}

Result<Type> parse_type(std::string_view text, const StructLookup& structs) {
  Reader reader(text);
  auto type = reader.type(structs);
  if (type && !reader.at_end()) return reader.wrong("nothing more expected");
  return type;
}

Result<std::map<std::string, Type>> parse_structs(const std::map<std::string, std::string>& bodies,
                                                  const StructLookup& others) {
  StructTable table({bodies.begin(), bodies.end()}, others);
  std::map<std::string, Type> types;
  for (const auto& [name, body] : bodies) {
    if (!may_name_struct(name)) {
      return fail(ErrorCode::Invalid, fmt::format("a struct cannot be called '{}'", name));
    }
    auto type = table.find(name);
    if (!type) return tl::unexpected(type.error());
    types.emplace(name, std::move(*type));
  }
  return types;
}

Result<Signature> parse_signature(std::string_view text) {
  const auto lines = lines_of(text);
  std::map<std::string, std::string, std::less<>> bodies;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    const auto name = lines[i].substr(0, colon);
    if (colon == std::string_view::npos || !may_name_struct(name)) {
      return fail(ErrorCode::Invalid,
                  fmt::format("'Name: {{field: type}}' expected, not '{}'", lines[i]));
    }
    if (!bodies.emplace(name, lines[i].substr(colon + 1)).second) {
      return fail(ErrorCode::Invalid, fmt::format("struct '{}' is there twice", name));
    }
  }
  StructTable structs(std::move(bodies));
  auto signature = read_first_line(lines.front(), structs);
  if (!signature) return signature;
  // Also refuses structs that are not used: what is accepted prints as it was read.
  const auto canonical = to_string(*signature);
  if (static_cast<std::size_t>(std::count(canonical.begin(), canonical.end(), '\n')) + 1 !=
      lines.size()) {
    return fail(
        ErrorCode::Invalid,
        fmt::format("task '{}' does not use every struct declared with it", signature->name));
  }
  return signature;
}

}  // namespace drover
