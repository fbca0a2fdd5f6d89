#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

struct Field;

/// The type of a value that tasks take and return.
///
/// Printed everywhere in one notation: `bool int float str bytes uri list[T] T? StructName`, and
/// one upper-case letter for a type variable. Copies share their parts.
class Type {
 public:
  enum class Kind : std::uint8_t {
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    Uri,  // scalars
    List,
    Optional,
    Struct,
    Variable,
  };

  Type() = default;  ///< `bool`
  static Type boolean() { return Type(Kind::Bool); }
  static Type integer() { return Type(Kind::Int); }  ///< 64 bits, signed or unsigned
  static Type floating() { return Type(Kind::Float); }
  static Type str() { return Type(Kind::Str); }
  static Type bytes() { return Type(Kind::Bytes); }
  static Type uri() { return Type(Kind::Uri); }
  static Type list_of(Type element);
  static Type optional_of(
      Type element);  ///< `T?`; an optional of an optional is the same optional.
  static Type structure(std::string name, std::vector<Field> fields);
  static Type variable(char letter);  ///< Requires: an upper-case letter.

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  const Type& element() const;               ///< Requires: List or Optional.
  const std::string& name() const;           ///< Requires: Struct or Variable.
  const std::vector<Field>& fields() const;  ///< Requires: Struct.

  std::uint32_t depth() const;   ///< Levels of nesting; 1 for a scalar.
  std::uint32_t weight() const;  ///< Types in it, structs written out; saturates.
  bool has_variables() const;

  /// Structs are equal where name and fields are.
  bool operator==(const Type& other) const;

 private:
  struct Node;
  explicit Type(Kind kind) : kind_(kind) {}
  Type(Kind kind, std::shared_ptr<const Node> node) : kind_(kind), node_(std::move(node)) {}

  Kind kind_ = Kind::Bool;
  std::shared_ptr<const Node> node_;  // null for scalars
};

/// A field of a struct, or an argument of a task.
struct Field {
  std::string name;
  Type type;
  bool operator==(const Field&) const = default;
};

/// A value may be nested this deep; decoders refuse more.
inline constexpr std::uint32_t max_type_depth = 16;
/// A type may consist of this many types, structs written out, so that comparing stays cheap.
inline constexpr std::uint32_t max_type_weight = 4096;

std::string to_string(const Type& type);  ///< A struct is printed as its name.

/// `{label: str, score: float}`. Requires: Struct.
std::string fields_to_string(const Type& structure);

/// Is `type` of that kind, or anything in it?
bool contains(const Type& type, Type::Kind kind);

/// The structs in `type`, each once, in the order in which reading finds them: first those it names
/// itself, then those their fields name. Appends to `found` what is not in it yet.
void collect_structs(const Type& type, std::vector<Type>& found);

/// `word` with letters, digits and `_`, not starting with a digit.
bool is_identifier(std::string_view word);

/// May a value of type `from` be given where `to` is wanted? Equal types; `int` where `float` is
/// wanted; `T` where `T?` is wanted; and lists and optionals of such. Encodings agree in all cases.
bool assignable(const Type& from, const Type& to);

}  // namespace drover
