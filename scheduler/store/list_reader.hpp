#pragma once

#include <cstdint>

#include "common/columns.hpp"
#include "common/types/describe.hpp"
#include "scheduler/store/segment_reader.hpp"
#include "scheduler/store/step_values.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// An element of `$step.failed`, as workflows know it (failure_type() in common/workflow/plan.hpp).
struct Failure {
  std::uint64_t index = 0;
  std::string key;
  std::string reason;
};
DROVER_STRUCT(Failure, index, key, reason)

/// Reads one part of a step's result. See Store::read_list. Errors stay in the database.
class ListReader {
 public:
  ListReader(Database& database, SegmentReader& segments, const StepIndex& step, StepValues values)
      : database_(database), segments_(segments), step_(step), values_(values) {}

  std::uint64_t size(Part part);
  Columns read(Part part, std::uint64_t first, const ReadLimit& limit, const KeyOfItem& key_of);
  std::string single();                                ///< Of a plain step. See Store::read_value.
  std::vector<std::uint64_t> stamps(Range elements);   ///< See Store::read_stamps.
  std::vector<bool> moved(Part part, Range elements);  ///< See Store::read_moved.

 private:
  bool has(Part part);
  Columns list(std::uint64_t first, const ReadLimit& limit);
  Columns results(bool only_done, ItemIndex item, const ReadLimit& limit);
  Columns failures(std::uint64_t first, const ReadLimit& limit, const KeyOfItem& key_of);
  void missing(ItemIndex item);

  Database& database_;
  SegmentReader& segments_;
  const StepIndex& step_;
  StepValues values_;
};

}  // namespace drover::scheduler
