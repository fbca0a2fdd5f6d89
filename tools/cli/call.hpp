#pragma once

#include <string>
#include <vector>

namespace drover::tools {

/// `drover call TASK name=value ...`: runs one task once in this process and prints its result as
/// JSON. `folders` hold the user's task libraries and descriptions. Returns the exit status: 1
/// where the task failed.
int call(const std::string& task, const std::vector<std::string>& arguments,
         const std::vector<std::string>& folders);

}  // namespace drover::tools
