#pragma once

#include <sys/types.h>

#include "common/units.hpp"

namespace drover::agent {

/// Physical memory that a process and its children hold, shared pages counted for each; nothing
/// once it has ended. Grandchildren are not seen.
/// Source: proc(5), statm and task/<tid>/children.
Bytes resident_memory(pid_t process);

}  // namespace drover::agent
