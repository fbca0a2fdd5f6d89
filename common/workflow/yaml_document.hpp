#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/types/literal.hpp"
#include "common/workflow/diagnostic.hpp"

namespace drover {

/// A YAML file as literals, with the place of each.
struct YamlDocument {
  std::optional<Literal> root;       ///< Nothing where the text is not YAML, or empty.
  std::vector<Diagnostic> problems;  ///< Their `file` is empty.
};

/// Reads the only document of a YAML text. Keys given twice, anchors, aliases and tags are
/// problems, and so is a second document. Every scalar keeps the text it was written with: `no` is
/// "no", `null` is "null".
YamlDocument read_yaml(std::string_view text);

}  // namespace drover
