#pragma once

#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "agent/worker/task_set.hpp"

namespace drover::worker {

/// Task objects that were made, by task and constants. Keeps the few used last: a model may be
/// large.
class ObjectCache {
 public:
  /// Owns     The object; it is there until another max_objects were asked for.
  /// Errors   What making it gives; nothing is kept then.
  Result<sdk::TaskObject*> get(const LoadedTask& task, std::span<const std::string_view> constants);

 private:
  struct Made {
    std::string key;
    std::unique_ptr<sdk::TaskObject> object;
  };

  static constexpr std::size_t max_objects = 4;
  std::list<Made> made_;  // the last used stands first
};

}  // namespace drover::worker
