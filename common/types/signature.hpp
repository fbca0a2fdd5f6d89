#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/types/type.hpp"

namespace drover {

/// What a task is called, takes and returns.
///
/// Its text is one line, then one line per struct it uses, in the order in which reading finds
/// them:
/// ```
/// detect(image: uri, model: str, score: float?, draw: bool?) -> Detections batched
/// Detections: {boxes: list[Box]}
/// Box: {label: str, score: float}
/// ```
/// ` batched` stands there only where the task takes several items in one call. Argument types may
/// hold type variables, as in `flatten(lists: list[list[T]]) -> list[T]`.
struct Signature {
  std::string name;
  std::vector<Field> args;
  Type returns;
  bool batched = false;

  bool operator==(const Signature&) const = default;
};

/// The text of the signature, lines joined by one newline, none at the end.
std::string to_string(const Signature& signature);

/// Only the first line, for people: `sequence(count: int) -> list[int]`.
std::string first_line(const Signature& signature);

/// Reads what to_string(Signature) prints; the exact inverse for a signature that is well formed.
///
/// Errors: Invalid with the place in the text: bad syntax, an unknown or recursive struct, a name
/// given twice, a struct that is declared but not used, a type variable only in the result;
/// TooLarge beyond max_type_depth, max_type_weight or max_arguments.
Result<Signature> parse_signature(std::string_view text);

inline constexpr std::size_t max_arguments = 64;

/// Gives the struct of a name; an error for a name that is not a struct.
using StructLookup = std::function<Result<Type>(std::string_view name)>;

/// Says that there is no such type.
Result<Type> no_struct(std::string_view name);

/// Reads one type, as in `list[Box?]`. `structs` is asked for every word that is not a built-in
/// type; single upper-case letters are type variables. Errors: Invalid with the place; what
/// `structs` returns; TooLarge beyond the limits on types.
Result<Type> parse_type(std::string_view text, const StructLookup& structs);

/// Structs by name: the text of each body, as in `{label: str, score: float}`. Finds structs that
/// are declared in any order, else asks `others`; refuses recursive ones.
Result<std::map<std::string, Type>> parse_structs(const std::map<std::string, std::string>& bodies,
                                                  const StructLookup& others = no_struct);

/// 16 hex digits: XXH3 (64 bits, seed 0) of the signature's text. A task is its name and this hash.
std::string signature_hash(const Signature& signature);

/// What type variables stand for, by their letter.
using Bindings = std::map<std::string, Type>;

/// Like `assignable(from, to)`, where `to` may hold type variables: binds those that are free,
/// widens those that are bound where the other type is wider (`int` to `float`), and refuses what
/// fits neither.
bool unify(const Type& from, const Type& to, Bindings& bindings);

/// `type` with bound variables replaced; free ones stay.
Type substitute(const Type& type, const Bindings& bindings);

}  // namespace drover
