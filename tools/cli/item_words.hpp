#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "common/result.hpp"

namespace drover::tools {

/// What follows RUN in every command that is about an item: `STEP`, `ITEM` or `STEP ITEM`; `--step`
/// says the step too.
struct ItemWords {
  std::string first;
  std::string second;
  std::string step;  ///< of `--step`

  /// The step and the item that are meant. A word that stands alone is the item; it may be a step's
  /// name, which the scheduler knows. Errors: Invalid where two steps are said.
  struct Meant {
    std::optional<std::string> step;
    std::optional<std::string> item;
  };
  Result<Meant> meant() const;
};

/// The words of a command, with the same help in each.
void add_item_words(CLI::App& command, ItemWords& words, bool required);

}  // namespace drover::tools
