#pragma once

#include <filesystem>
#include <memory>

#include "scheduler/store/sqlite.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// Opens `drover.db` in `folder` (makes it where it is missing), checked and set up: see
/// decision 10 of docs/reliability. Requires: the folder is locked. Errors: as of Store.
Result<std::unique_ptr<Database>> open_database(const std::filesystem::path& folder,
                                                const StoreOptions& options);

Result<std::unique_ptr<Database>> open_memory_database(const StoreOptions& options);

}  // namespace drover::scheduler
