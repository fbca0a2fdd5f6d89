#pragma once

#include <filesystem>

#include "common/result.hpp"

namespace drover::worker {

/// Loads the library in a process of its own, which then ends: what crashes or hangs while it is
/// loaded takes nobody else's tasks away.
///
/// Errors   Invalid with how that process ended. A library that the loader refuses is none of them:
///          who loads it next hears why.
/// Threads  A process with one thread.
Result<void> trial_load(const std::filesystem::path& library);

}  // namespace drover::worker
