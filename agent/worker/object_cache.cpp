#include "agent/worker/object_cache.hpp"

#include <algorithm>

#include "common/types/packed.hpp"

namespace drover::worker {

Result<sdk::TaskObject*> ObjectCache::get(const LoadedTask& task,
                                          std::span<const std::string_view> constants) {
  // Lengths stand in the key, so no two sets of constants share one.
  std::string key;
  packed::append_str(key, task.signature.name);
  for (const auto constant : constants) packed::append_bin(key, constant);

  const auto known =
      std::find_if(made_.begin(), made_.end(), [&](const Made& made) { return made.key == key; });
  if (known != made_.end()) {
    made_.splice(made_.begin(), made_, known);
    return made_.front().object.get();
  }
  // The oldest goes before the new one is made, so that memory holds at most max_objects.
  if (made_.size() == max_objects) made_.pop_back();
  auto object = task.description.make(constants);
  if (!object) return tl::unexpected(std::move(object.error()));
  made_.push_front({std::move(key), std::move(*object)});
  return made_.front().object.get();
}

}  // namespace drover::worker
