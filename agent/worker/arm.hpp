#pragma once

#include <sys/types.h>

namespace drover::worker {

/// Ties this process to its parent, as the first thing it does: it is killed when the thread that
/// spawned it ends, can gain no privileges, and inherits no descriptors from `first_closed` on.
/// Ends the process where the parent is gone already.
void arm(pid_t parent, int first_closed);

}  // namespace drover::worker
