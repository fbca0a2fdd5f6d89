#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/types/type.hpp"

namespace drover {

/// Where something stands in a text; line and column count from 1, columns and length in bytes.
struct Place {
  std::uint32_t line = 0;  ///< 0: nowhere.
  std::uint32_t column = 0;
  std::uint32_t length = 1;
  auto operator<=>(const Place&) const = default;
};

struct LiteralEntry;

/// A value as a person wrote it: what it means depends on the type that is wanted, so `no` is a
/// string where a string is wanted.
struct Literal {
  enum class Kind : std::uint8_t { Scalar, List, Map };

  Kind kind = Kind::Scalar;
  Place place;
  std::string text;     ///< Of a scalar, without its quotes.
  bool quoted = false;  ///< A quoted `null` is a string.
  std::vector<Literal> items;
  std::vector<LiteralEntry> entries;

  bool is(Kind wanted) const { return kind == wanted; }
  bool is_null() const {
    return is(Kind::Scalar) && !quoted && (text.empty() || text == "null" || text == "~");
  }
};

struct LiteralEntry {
  Literal key;  ///< A scalar.
  Literal value;
};

/// Why a literal is not of the type that is wanted.
struct Misfit {
  Place place;
  std::string message;  ///< As in `'five' is not an int`.
};

/// Reads `[a, "b c", {label: car, score: 0.5}]`, which takes JSON as well. Places are on line 1.
/// Errors: what is wrong with the brackets and quotes, and where.
tl::expected<Literal, Misfit> parse_literal(std::string_view text);

/// The encoded value of `literal` as a `type` without variables. A relative uri is made absolute
/// from `working_directory`; bytes are written in base64; fields and arguments of type `T?` may be
/// left out.
tl::expected<std::string, Misfit> value_of(const Literal& literal, const Type& type,
                                           std::string_view working_directory);

/// The value of `name=TEXT` on a command line, or of a default: a scalar is the text as it stands,
/// lists and structs are read by parse_literal(). Errors: Invalid, as in `'five' is not an int`.
Result<std::string> value_from_text(std::string_view text, const Type& type,
                                    std::string_view working_directory);

/// What a literal says about its own type: `int`, `float` and `bool` where it reads as one and is
/// not quoted, lists of such, else `str`. Errors: nothing says what an empty list, null or a struct
/// is, or elements differ.
tl::expected<Type, Misfit> inferred_type(const Literal& literal);

/// `an int`, `a str`, `a list[uri]`, `Box`.
std::string with_article(const Type& type);

/// `text` in quotes, shortened in the middle where it is long.
std::string quoted_for_message(std::string_view text);

}  // namespace drover
