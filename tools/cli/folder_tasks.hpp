#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace drover::tools {

/// Names of the tasks that the libraries and descriptions of a folder have, sorted; none where they
/// cannot be loaded. A process of its own loads them: what a library does there is not done here.
std::vector<std::string> tasks_in(const std::filesystem::path& folder);

}  // namespace drover::tools
