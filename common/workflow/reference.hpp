#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/types/literal.hpp"

namespace drover {

/// `$name`, `$name.ok`, or `${name}` inside a text.
struct Reference {
  std::string name;
  std::string part;  ///< After the dot; empty where there is none.
  Place place;
};

/// A text that may refer to inputs and steps.
struct Template {
  std::optional<Reference> whole;  ///< The text is `$name` and nothing else.
  std::vector<std::variant<std::string, Reference>>
      pieces;  ///< Else: texts and `${name}`, in order.

  bool has_references() const;
  std::string text() const;  ///< Requires: no references. `$$` is a dollar already.
};

/// Reads a scalar. Errors: a dollar that begins nothing, and what to write instead.
tl::expected<Template, Misfit> parse_template(const Literal& scalar);

/// Is there a dollar anywhere in the literal?
bool mentions_dollar(const Literal& literal);

/// `$name` or `$name.part`.
std::string to_string(const Reference& reference);

}  // namespace drover
