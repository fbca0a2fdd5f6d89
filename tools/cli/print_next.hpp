#pragma once

#include "common/net/client.hpp"
#include "common/wire/client_messages.hpp"

namespace drover::tools {

/// Prints what to do next after a run that has ended; nothing where there is nothing. `is_shown`:
/// `drover show` is what was just done.
void print_next(net::Client& client, const wire::RunStatus& run, bool is_shown);

}  // namespace drover::tools
