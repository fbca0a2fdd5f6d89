#include "tools/cli/item_words.hpp"

#include <fmt/format.h>

namespace drover::tools {
namespace {

std::optional<std::string> unless_empty(const std::string& word) {
  return word.empty() ? std::nullopt : std::optional(word);
}

}  // namespace

Result<ItemWords::Meant> ItemWords::meant() const {
  if (second.empty()) return Meant{unless_empty(step), unless_empty(first)};
  if (!step.empty() && step != first) {
    return fail(ErrorCode::Invalid,
                fmt::format("two steps are named, '{}' and --step {}; one is enough", first, step));
  }
  return Meant{first, second};
}

void add_item_words(CLI::App& command, ItemWords& words, bool required) {
  command
      .add_option("WHAT", words.first,
                  "An item: its key, what is unique of it, or its index; or a step")
      ->required(required);
  command.add_option("ITEM", words.second, "An item of that step");
  command.add_option("--step", words.step, "The step, where it is not said in front of the item");
}

}  // namespace drover::tools
