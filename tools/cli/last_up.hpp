#pragma once

#include <string>
#include <vector>

#include "tools/cli/up_down.hpp"

/// What `drover up` was given last in a state folder: said once, it holds until something else is.
namespace drover::tools {

/// As it is kept; folders are made absolute.
std::string kept_text(const UpOptions& options);

/// What was asked for, and what was not as `kept` has it; folders that are gone are left out.
/// Appends to `told` what that makes, for the user. Text that is not one of kept_text() is as none.
UpOptions as_last_time(UpOptions asked, const std::string& kept, std::vector<std::string>& told);

}  // namespace drover::tools
