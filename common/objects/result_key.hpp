#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/objects/object_uri.hpp"

namespace drover {

/// Whose result file it is.
struct ResultOwner {
  std::string_view run;  ///< As people see it: the run's short id.
  std::string_view step;
  std::string_view item;  ///< The item's key: the text of its URI, or its index.
  /// The longest common folder of all items of the step; nothing where they have none: also where
  /// the key of one is no URI, or is a root.
  std::optional<ObjectUri> common_folder;
  /// 1 for the first item of the step with this key, 2 for the second, ...
  std::uint64_t ordinal = 1;
};

/// The name of a result file below the results folder: `run/step/path of the item below the common
/// folder` and `suffix`.
///
/// Two different owners never get the same name: of repeated keys the second gets `~2` before the
/// suffix (and a name that itself ends like that gets a `~1`). Names that a file system refuses
/// (over 255 bytes) are cut and end in a hash of the whole. The result has no empty name, no `.`
/// and no `..`, whatever the owner's texts are.
std::string result_key(const ResultOwner& owner, std::string_view suffix);

}  // namespace drover
