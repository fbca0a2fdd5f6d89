#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "scheduler/core/save.hpp"
#include "scheduler/store/range_writer.hpp"
#include "scheduler/store/row_numbers.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// Turns the saves of one transaction into rows. Errors stay in the database, which then does
/// nothing more; whoever opened the transaction looks at its end.
class Writer {
 public:
  Writer(Database& database, RowNumbers& numbers, std::int64_t wall_clock_milliseconds)
      : database_(database), numbers_(numbers), ranges_(database), now_(wall_clock_milliseconds) {}

  void write(const Save& save);
  void finish() { ranges_.flush(); }

 private:
  void save(const SaveRun& run);
  void save(const SaveOpening& opening);
  void save(const SaveResults& results);
  void save(const SaveChunk& chunk);
  void save(const SaveList& list);
  void save(const SaveFailure& failure);
  void save(const SaveStepEnded& ended);
  void save(const SaveRunEnded& ended);
  void save(const SaveAgent& agent);
  void save(const DropAgent& agent);
  void save(const SaveTask& task);
  void save(const SaveTakeOver& taken);
  void save(const SaveReuse& reuse);
  void save(const SaveMoved& moved);
  void save(const SaveEvent& event);

  void segment(std::int64_t stream, const SaveResults& results, std::span<const Range> done,
               Range items);
  void move(std::int64_t row, std::int64_t from, const MovedItems& part);
  void take_over(std::int64_t row, std::int64_t from, const TakenOver& taken);
  void settle_taken_over(std::int64_t row, const SaveOpening& opening);
  void forget_items(std::int64_t row, const IntervalSet& lost);
  void count_failure_groups(std::int64_t row);
  std::optional<std::int64_t> run(const RunId& run);
  std::optional<std::int64_t> step(const StepRef& step);

  Database& database_;
  RowNumbers& numbers_;
  RangeWriter ranges_;
  std::int64_t now_;
};

}  // namespace drover::scheduler
