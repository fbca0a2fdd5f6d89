#pragma once

#include <string>

#include "common/wire/client_messages.hpp"

namespace drover::tools {

/// Tells that tasks were built anew since they gave results that a new run would keep, and asks
/// what is to become of those: `keep`, `again`, or `stop`. Without a terminal there is nobody to
/// ask, and they are kept.
std::string ask_about(const wire::ChangedTasks& changed);

/// The same in one line for each step: what is told.
std::string told(const wire::ChangedTask& changed, const std::string& run);

}  // namespace drover::tools
