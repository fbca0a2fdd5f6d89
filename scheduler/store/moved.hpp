#pragma once

#include <cstdint>
#include <vector>

#include "common/interval_set.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// Items of a step whose results stand with another one, under other indices.
struct MovedPart {
  Range items;
  std::int64_t from_step = 0;  ///< Row of the step that made the results.
  ItemIndex from_first = 0;    ///< There, of the first of `items`.
};

/// The parts of `items` of a step that were moved, ascending, each from where its results were
/// made. Errors stay in the database.
std::vector<MovedPart> moved_within(Database& database, std::int64_t step_row, Range items);

/// Once all are there, note_origins() is to be called.
void insert_moved(Database& database, std::int64_t step_row, const MovedPart& part);
/// Writes down which steps the parts come from, so that nobody has to look through them all.
void note_origins(Database& database, std::int64_t step_row);
void forget_moved(Database& database, std::int64_t step_row);

}  // namespace drover::scheduler
