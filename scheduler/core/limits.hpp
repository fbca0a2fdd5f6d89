#pragma once

#include <chrono>
#include <cstdint>

#include "common/units.hpp"

/// The constants of RELIABILITY.md C0 and of lease sizing, in one place.
namespace drover::scheduler {

inline constexpr Duration heartbeat_every = std::chrono::seconds(1);
inline constexpr Duration suspect_after = std::chrono::seconds(2);  ///< Of silence: no new grants.
inline constexpr Duration lost_after =
    std::chrono::seconds(3);  ///< Of silence: leases are open again.
inline constexpr Duration adopt_within = std::chrono::seconds(30);  ///< Of a start.
/// A tick later than this was our own stall: silence clocks are moved by it.
inline constexpr Duration forgiven_stall = 2 * heartbeat_every;

inline constexpr std::uint64_t max_lease_items = 16'384;
inline constexpr double lease_seconds = 0.25;     ///< What leases grow towards.
inline constexpr std::uint64_t lease_growth = 4;  ///< Fold, from lease to lease.
inline constexpr double waiting_lease_below =
    1.0;  ///< Seconds an item: then a slot also holds a waiting lease.
inline constexpr double recall_above =
    0.02;  ///< Seconds until a lease, or what is left of it, would start, to recall it.
inline constexpr std::size_t max_leases_per_slot = 2;

/// A step whose task is there with other types only, for so long, fails: whoever builds tasks anew
/// has time to see it and to build them as they were.
inline constexpr Duration changes_for =
    std::chrono::seconds(3);  ///< Of tasks: new runs wait so long for them at most.
inline constexpr Duration other_types_for = std::chrono::seconds(60);
/// An agent that was lost is remembered for so long, with what it offered.
inline constexpr Duration away_for = std::chrono::minutes(10);

/// Items of one step that are retrying; at the cap nothing new is started until some end.
inline constexpr std::size_t max_retrying = 65'536;
/// Deaths of workers of one step and cause that are told one by one (deaths.hpp); all of them stand
/// in the attempts of their items.
inline constexpr std::uint64_t max_deaths_told = 100;
inline constexpr std::uint32_t max_retries = 20;  ///< What "unlimited" means.
/// As long a retry waits for a slot where its item has not failed.
inline constexpr Duration retry_elsewhere_within = std::chrono::seconds(10);
/// So many items that a slot's worker died of, or that failed in it, and that were done elsewhere
/// while the slot did none, put it out of service: a minute at first, then twice as long.
inline constexpr std::uint32_t deaths_done_elsewhere = 3;
inline constexpr std::uint32_t failures_done_elsewhere = 10;
inline constexpr Duration first_rest = std::chrono::seconds(60);
inline constexpr Duration longest_rest = std::chrono::minutes(10);
/// So many items that are the first to end, and all fail alike, end a map step.
inline constexpr std::uint64_t canary_items = 20;
inline constexpr Duration first_back_off = std::chrono::seconds(1);
inline constexpr Duration longest_back_off = std::chrono::seconds(60);

}  // namespace drover::scheduler
