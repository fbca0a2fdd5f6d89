#pragma once

#include <chrono>
#include <cstdint>

#include "common/units.hpp"

namespace drover::agent {

inline constexpr Duration heartbeat_every = std::chrono::seconds(1);
inline constexpr Duration scheduler_silent_after =
    std::chrono::seconds(3);  ///< Then the session is over.
inline constexpr Duration hello_again_after =
    std::chrono::seconds(2);  ///< Without a Welcome or a heartbeat heard.
inline constexpr Duration first_hello_within =
    std::chrono::seconds(5);  ///< Of the start, ready or not.

/// Results without an answer, in bytes: above, workers are not read; below half of it, they are
/// again.
inline constexpr std::uint64_t max_unanswered_bytes = 8ULL << 20U;

/// Leases whose revoke came, so far, without their grant.
inline constexpr std::size_t max_revoked_early = 64;

/// Runs of which is kept which build of the tasks they came with.
inline constexpr std::size_t max_runs_known = 256;

/// So many deaths of a slot's worker in so long a time, with no item completed, and the slot is off
/// for a while: the first time for a moment, then each time for twice as long, until an item is
/// completed. What counts as a death, and why it is so:
/// docs/decisions/0003-when-a-slot-is-put-off.md.
inline constexpr std::size_t max_deaths = 5;
inline constexpr Duration deaths_within = std::chrono::seconds(60);
inline constexpr Duration first_time_off = std::chrono::seconds(1);
inline constexpr Duration longest_time_off = std::chrono::seconds(60);

}  // namespace drover::agent
