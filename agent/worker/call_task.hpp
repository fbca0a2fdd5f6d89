#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/worker/page.hpp"
#include "agent/worker/task_set.hpp"

namespace drover::worker {

/// Who a task called by hand is called for.
struct CallPlace {
  /// Absolute path or URI of a folder for files that the task writes; it need not be there.
  std::string results;
  std::string step = "call";
  ProgressCell* progress = nullptr;  ///< Where the task says which phase it is in; may be null.
};

/// Runs one task once, in this process, and gives its encoded value; a returned list is an encoded
/// array. `arguments` are encoded, by name; those of type `T?` may be left out.
///
/// Errors   NotFound for a task that is not there; Invalid for an argument that is missing, unknown
///          or of a wrong type; Failed with the task's own text.
Result<std::string> call_task(const TaskSet& tasks, std::string_view name,
                              const std::map<std::string, std::string>& arguments,
                              const CallPlace& place);

}  // namespace drover::worker
