#pragma once

#include <string_view>

#include "common/objects/object_store.hpp"

namespace drover {

/// ObjectStore::create on a file system: a file without a name, linked into its folder when it is
/// whole. Where the file system has no such files it is one with a temporary name
/// (`.drover-...part`) that goes away afterwards.
Result<StoredObject> create_file(const ObjectUri& folder, std::string_view key,
                                 std::string_view contents, Durability durability);

}  // namespace drover
