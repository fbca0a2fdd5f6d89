#pragma once

#include <sys/types.h>

#include "common/units.hpp"

namespace drover::agent {

/// Physical memory that a process and its children hold, shared pages counted for each; nothing
/// once it has ended. Grandchildren are not seen.
/// Source: proc(5), statm and task/<tid>/children.
Bytes resident_memory(pid_t process);

/// What the largest of them holds. Of a worker that loads its tasks: a library is tried in a child
/// that shares nearly all it has with its parent, so that the sum would count it twice.
Bytes largest_resident_memory(pid_t process);

}  // namespace drover::agent
