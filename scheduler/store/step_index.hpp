#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "common/interval_set.hpp"
#include "scheduler/core/save.hpp"
#include "scheduler/store/schema.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// Items of one fate, in order, so that positions and items are found in logarithmic time.
class ItemsOfFate {
 public:
  void push_back(Range items);  ///< Requires: beyond all before.
  std::uint64_t size() const { return size_; }
  bool contains(ItemIndex item) const;
  /// The range with `item` in it, or else the next one; empty at the end.
  Range at_or_after(ItemIndex item) const;
  ItemIndex nth(std::uint64_t position) const;  ///< Requires: position < size().

 private:
  std::vector<Range> ranges_;
  std::vector<std::uint64_t> before_;  // items in the ranges before this one
  std::uint64_t size_ = 0;
};

/// What is known of a step, for reading.
struct StepIndex {
  std::int64_t row = 0;
  StepState state = StepState::Waiting;
  std::uint64_t count = 0;
  std::optional<std::int64_t> list;  ///< Stream of the list that a plain step returned.
  std::uint64_t list_size = 0;
  std::vector<std::int64_t> streams;  ///< Where results stand: its own, then what it took over.
  bool has_moved = false;             ///< Some results stand with other steps (moved.hpp).
  std::array<ItemsOfFate, 3> fates;

  bool ended() const { return state != StepState::Waiting && state != StepState::Running; }
  const ItemsOfFate& of(ItemFate fate) const {
    return fates.at(static_cast<std::size_t>(fate) - 1);
  }
};

/// Indices of the steps that were read last. Errors stay in the database.
class StepIndices {
 public:
  explicit StepIndices(Database& database) : database_(database) {}

  std::shared_ptr<const StepIndex> of(std::int64_t step_row);  ///< Null: there was an error.
  void changed(std::int64_t step_row);
  void forget() { recent_.clear(); }

 private:
  Database& database_;
  std::list<std::shared_ptr<const StepIndex>> recent_;  // newest first
};

}  // namespace drover::scheduler
