#pragma once

#include "common/units.hpp"

namespace drover::daemon {

/// Keeps SIGTERM, SIGINT and SIGHUP from every thread that is started later. Call it first in
/// main().
void block_stop_signals();

/// Returns when one of them arrives.
void wait_for_stop_signal();

/// True if one of them arrives within that time.
bool stop_signal_within(Duration time);

}  // namespace drover::daemon
