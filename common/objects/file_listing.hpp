#pragma once

#include <memory>
#include <string_view>

#include "common/objects/object_store.hpp"

namespace drover {

/// ObjectStore::list for a folder of a file system. One open folder at a time; keeps the names in
/// the folders on the way to the current one, and device and number of every folder it has read.
Result<std::unique_ptr<Listing>> list_files(const ObjectUri& folder, std::string_view start_after);

}  // namespace drover
