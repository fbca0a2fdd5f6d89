#pragma once

#include <filesystem>
#include <memory>

#include "scheduler/store/sqlite.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// Opens `drover.db` in `folder` (makes it where it is missing): one connection, exclusive locking,
/// write-ahead log, full synchronisation, all of it read back; page checksums, tables and log
/// looked at. Until that is done nothing is written, so a damaged database stays as it was found.
///
/// Requires  The folder is locked.
/// Errors    As of Store.
Result<std::unique_ptr<Database>> open_database(const std::filesystem::path& folder,
                                                const StoreOptions& options);

Result<std::unique_ptr<Database>> open_memory_database(const StoreOptions& options);

}  // namespace drover::scheduler
