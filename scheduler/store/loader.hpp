#pragma once

#include <cstdint>

#include "scheduler/core/save.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// Reads what a start needs: unfinished runs, joined agents, tasks. Errors stay in the database.
Stored read_stored(Database& database);

/// One run, whatever its state, by its row.
StoredRun read_run(Database& database, std::int64_t row);

}  // namespace drover::scheduler
