#pragma once

#include "common/result.hpp"
#include "common/types/type.hpp"
#include "common/wire/client_messages.hpp"

namespace drover::tools {

/// The type of one element of a page of results, from the text that comes with it.
/// Errors: Invalid where it is not understood.
Result<Type> type_of_page(const wire::ResultsPage& page);

}  // namespace drover::tools
