#pragma once

#include <string_view>

#include "common/objects/object_store.hpp"
#include "common/result.hpp"
#include "drover/context.hpp"

namespace drover::tasks {

/// Writes a result file of an item: `<results>/<run>/<step>/<path of the item below the longest
/// common folder><suffix>`, with `~2` before the suffix for the second item of the step with this
/// key. What lies there already stays and is adopted.
///
/// The file is on the disk when this returns: once the scheduler has acknowledged the item, a power
/// cut must not leave an empty file behind.
///
/// Requires context.results() is not empty.
/// Errors   Those of ObjectStore::create; Invalid where the context's folders are no URIs.
Result<StoredObject> write_result_file(ObjectStore& store, Context& context, std::size_t position,
                                       std::string_view suffix, std::string_view contents);

}  // namespace drover::tasks
