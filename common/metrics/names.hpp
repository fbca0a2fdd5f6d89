#pragma once

#include <array>

/// Every metric of Drover's daemons: its name, what it says, and its buckets. Dashboards and alerts
/// use these names.
namespace drover::metrics {

struct Name {
  const char* name;
  const char* help;
};

// ------------------------------------------------------------------ droverd
inline constexpr Name items_total{"drover_items_total",
                                  "Items that ended, by outcome (done, failed)."};
inline constexpr Name retries_total{"drover_retries_total",
                                    "Attempts that failed and are tried again, by cause."};
inline constexpr Name failures_total{"drover_failures_total",
                                     "Items that failed for good, by cause."};
inline constexpr Name leases_total{"drover_leases_total", "Ranges of items granted to slots."};
inline constexpr Name runs_total{"drover_runs_total", "Runs that ended, by state."};
inline constexpr Name runs_active{"drover_runs_active", "Runs that have not ended."};
inline constexpr Name agents_connected{"drover_agents_connected", "Agents with a session."};
inline constexpr Name slots{"drover_slots", "Slots that connected agents offer."};
inline constexpr Name slots_busy{"drover_slots_busy", "Slots that have work."};
inline constexpr Name items_waiting{"drover_items_waiting",
                                    "Items of running steps that no slot has."};
inline constexpr Name item_seconds{
    "drover_item_seconds",
    "Time an attempt at an item took in its task; of a batched call its share."};
inline constexpr Name result_bytes_total{"drover_result_bytes_total", "Bytes of results accepted."};
inline constexpr Name commit_seconds{"drover_commit_seconds",
                                     "Time to commit one group of saves to the disk."};
inline constexpr Name saves_total{"drover_saves_total", "Saves committed."};

// ------------------------------------------------------------------ drover-agent
inline constexpr Name agent_slots{"drover_agent_slots",
                                  "Slots of this agent, by the state of their worker."};
inline constexpr Name agent_worker_starts_total{"drover_agent_worker_starts_total",
                                                "Workers started."};
inline constexpr Name agent_worker_deaths_total{"drover_agent_worker_deaths_total",
                                                "Workers that died, by cause."};
inline constexpr Name agent_unanswered_bytes{"drover_agent_unanswered_bytes",
                                             "Results that the scheduler has not answered."};
inline constexpr Name agent_connected{"drover_agent_connected",
                                      "1 while the scheduler has welcomed this agent."};
inline constexpr Name agent_sessions_total{"drover_agent_sessions_total",
                                           "Sessions begun with a scheduler."};

/// Seconds; from microseconds (no-op tasks) to an hour.
inline constexpr std::array item_seconds_buckets{1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.03,  0.1,
                                                 0.3,  1.0,  3.0,  10.0, 60.0, 600.0, 3600.0};
inline constexpr std::array commit_seconds_buckets{1e-4, 3e-4, 1e-3, 3e-3, 0.01,
                                                   0.03, 0.1,  0.3,  1.0,  10.0};

}  // namespace drover::metrics
