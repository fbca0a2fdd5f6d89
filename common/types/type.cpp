#include "common/types/type.hpp"

#include <algorithm>
#include <limits>

#include "common/check.hpp"

namespace drover {

struct Type::Node {
  std::vector<Type> element;  // one, of List and Optional
  std::string name;           // of Struct and Variable
  std::vector<Field> fields;  // of Struct
  std::uint32_t depth = 1;
  std::uint32_t weight = 1;
  bool has_variables = false;

  void count(const Type& part) {
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    depth = std::max(depth, part.depth() == most ? most : part.depth() + 1);
    weight = weight > most - part.weight() ? most : weight + part.weight();
    has_variables = has_variables || part.has_variables();
  }
};

Type Type::list_of(Type element) {
  Node node;
  node.count(element);
  node.element.push_back(std::move(element));
  return Type(Kind::List, std::make_shared<const Node>(std::move(node)));
}

Type Type::optional_of(Type element) {
  if (element.is(Kind::Optional)) return element;
  Node node;
  node.count(element);
  node.element.push_back(std::move(element));
  return Type(Kind::Optional, std::make_shared<const Node>(std::move(node)));
}

Type Type::structure(std::string name, std::vector<Field> fields) {
  Node node;
  for (const auto& field : fields) node.count(field.type);
  node.name = std::move(name);
  node.fields = std::move(fields);
  return Type(Kind::Struct, std::make_shared<const Node>(std::move(node)));
}

Type Type::variable(char letter) {
  CHECK(letter >= 'A' && letter <= 'Z', "type variable '{}'", letter);
  Node node;
  node.name = std::string(1, letter);
  node.has_variables = true;
  return Type(Kind::Variable, std::make_shared<const Node>(std::move(node)));
}

const Type& Type::element() const {
  CHECK(is(Kind::List) || is(Kind::Optional), "{} has no element", to_string(*this));
  return node_->element.front();
}

const std::string& Type::name() const {
  CHECK(is(Kind::Struct) || is(Kind::Variable), "{} has no name", to_string(*this));
  return node_->name;
}

const std::vector<Field>& Type::fields() const {
  CHECK(is(Kind::Struct), "{} has no fields", to_string(*this));
  return node_->fields;
}

std::uint32_t Type::depth() const { return node_ ? node_->depth : 1; }
std::uint32_t Type::weight() const { return node_ ? node_->weight : 1; }
bool Type::has_variables() const { return node_ && node_->has_variables; }

bool Type::operator==(const Type& other) const {
  if (kind_ != other.kind_) return false;
  if (node_ == other.node_) return true;
  return node_->name == other.node_->name && node_->element == other.node_->element &&
         node_->fields == other.node_->fields;
}

std::string to_string(const Type& type) {
  switch (type.kind()) {
    case Type::Kind::Bool:
      return "bool";
    case Type::Kind::Int:
      return "int";
    case Type::Kind::Float:
      return "float";
    case Type::Kind::Str:
      return "str";
    case Type::Kind::Bytes:
      return "bytes";
    case Type::Kind::Uri:
      return "uri";
    case Type::Kind::List:
      return "list[" + to_string(type.element()) + "]";
    case Type::Kind::Optional:
      return to_string(type.element()) + "?";
    case Type::Kind::Struct:
    case Type::Kind::Variable:
      return type.name();
  }
  return {};
}

std::string fields_to_string(const Type& structure) {
  std::string text = "{";
  for (const auto& field : structure.fields()) {
    if (text.size() > 1) text += ", ";
    text += field.name + ": " + to_string(field.type);
  }
  return text + "}";
}

namespace {

void collect_named(const Type& type, std::vector<Type>& found) {
  switch (type.kind()) {
    case Type::Kind::List:
    case Type::Kind::Optional:
      collect_named(type.element(), found);
      return;
    case Type::Kind::Struct: {
      const bool known = std::any_of(found.begin(), found.end(),
                                     [&](const Type& t) { return t.name() == type.name(); });
      if (!known) found.push_back(type);
      return;
    }
    default:
      return;
  }
}

}  // namespace

bool contains(const Type& type, Type::Kind kind) {
  if (type.is(kind)) return true;
  if (type.is(Type::Kind::List) || type.is(Type::Kind::Optional))
    return contains(type.element(), kind);
  return type.is(Type::Kind::Struct) && std::ranges::any_of(type.fields(), [&](const Field& field) {
           return contains(field.type, kind);
         });
}

void collect_structs(const Type& type, std::vector<Type>& found) {
  std::size_t next = found.size();
  collect_named(type, found);
  for (; next < found.size(); ++next) {
    const Type current = found[next];
    for (const auto& field : current.fields()) collect_named(field.type, found);
  }
}

bool is_identifier(std::string_view word) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !word.empty() && letter(word.front()) &&
         std::all_of(word.begin(), word.end(), [&](char c) { return letter(c) || digit(c); });
}

bool assignable(const Type& from, const Type& to) {
  if (from == to) return true;
  if (to.is(Type::Kind::Float)) return from.is(Type::Kind::Int);
  if (to.is(Type::Kind::Optional)) {
    return assignable(from.is(Type::Kind::Optional) ? from.element() : from, to.element());
  }
  if (to.is(Type::Kind::List) && from.is(Type::Kind::List)) {
    return assignable(from.element(), to.element());
  }
  return false;
}

}  // namespace drover
