#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/result.hpp"

namespace drover::scheduler {

/// Which items of a step have the key of an earlier one, and the how-manieth they are.
///
/// Neighbours are kept as one where all have the same number, or each the next: a list that stands
/// twice in another is one entry, and so is one key a million times.
class Repeats {
 public:
  /// Requires: `item` is above all that were added.
  void add(ItemIndex item, std::uint32_t ordinal);

  /// One number per item, or nothing where none of them repeats a key.
  std::vector<std::uint32_t> of(Range items) const;

  std::size_t entries() const { return entries_.size(); }

 private:
  struct Entry {
    Range items;
    std::uint32_t ordinal = 1;  // of the first
    bool rising = false;        // each has one more than the one before it

    std::uint32_t at(ItemIndex item) const {
      return ordinal + (rising ? static_cast<std::uint32_t>(item - items.first) : 0);
    }
  };
  std::vector<Entry> entries_;  // ascending
};

/// What of a whole step is in the names of its items' result files (common/objects/result_key.hpp).
struct ItemPaths {
  std::string common_folder;  ///< Canonical; empty where there is none.
  Repeats repeats;
};

/// Gives all keys of a step's items from the first on, as long as `look` returns true; the same
/// each time.
using LookAtKey = std::function<bool(ItemIndex, std::string_view)>;
using EachKey = std::function<Result<void>(const LookAtKey& look)>;

/// Keys are the same where they name the same object, however they are written. Keys in ascending
/// order, as listings are, cost one look at each; others are read again for every 4 million of
/// them, and 8 bytes of memory for each of these.
///
/// Errors: those of `each`.
Result<ItemPaths> item_paths(const EachKey& each);

}  // namespace drover::scheduler
