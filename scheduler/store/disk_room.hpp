#pragma once

#include <cstdint>
#include <filesystem>

#include "common/result.hpp"

namespace drover::scheduler {

/// What of a disk is kept for the results of runs that there are: 256 MiB, or a tenth of a smaller
/// disk (RELIABILITY.md D6).
std::uint64_t kept_for_results(std::uint64_t disk_bytes);

/// Whether the folder's disk has more left than that.
/// Errors: Full, with how much is left, how much it takes, and the way out.
Result<void> check_room(const std::filesystem::path& folder);

}  // namespace drover::scheduler
