#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scheduler/store/rows.hpp"
#include "scheduler/store/step_values.hpp"

namespace drover::scheduler {

/// Reads what people ask for. Errors stay in the database.
class ReportReader {
 public:
  explicit ReportReader(Database& database) : database_(database) {}

  std::vector<RunRow> runs(std::uint64_t limit);
  std::vector<RunRow> unlisted_runs(std::uint64_t limit);
  /// Runs whose id begins with these hex digits, two at most. Requires: hex, 32 digits at most.
  std::vector<RunRow> runs_beginning(std::string_view digits);
  std::vector<StepRow> steps(std::int64_t run, StepIndices& indices);
  std::vector<FailureGroup> failure_groups(std::int64_t run);
  std::vector<EventRow> events(std::int64_t run, std::uint64_t limit);

 private:
  std::vector<std::string> builds_of(std::int64_t step_row);
  std::vector<RunId> makers_of(std::int64_t step_row);

  Database& database_;
};

ItemCounts counts_of(const StepIndex& step);

/// Reads items of one step. Errors stay in the database.
class ItemReader {
 public:
  ItemReader(Database& database, const StepIndex& step, StepValues values)
      : database_(database), step_(step), values_(values) {}

  /// Items from `first` on, those in `state` only, or all.
  std::vector<ItemRow> items(std::optional<ItemState> state, ItemIndex first, std::uint64_t limit);
  /// Failed items of one group, from `first` on.
  std::vector<ItemRow> failed(std::string_view signature, ItemIndex first, std::uint64_t limit);
  std::vector<AttemptRow> attempts(ItemIndex item);
  ItemState state_of(ItemIndex item) const;

 private:
  ItemIndex next_in(std::optional<ItemState> state, ItemIndex item) const;
  ItemRow row(ItemIndex item);
  std::optional<AttemptRow> success(ItemIndex item, std::uint32_t attempt);

  Database& database_;
  const StepIndex& step_;
  StepValues values_;
};

}  // namespace drover::scheduler
