#pragma once

/// With what a daemon ends that cannot go on; the numbers are those of sysexits.h.
namespace drover::daemon {

inline constexpr int exit_usage = 64;        // EX_USAGE
inline constexpr int exit_damaged = 65;      // EX_DATAERR: the database
inline constexpr int exit_unavailable = 69;  // EX_UNAVAILABLE
inline constexpr int exit_disk = 74;         // EX_IOERR: something could not be kept
inline constexpr int exit_busy = 75;         // EX_TEMPFAIL: another process has the state folder

}  // namespace drover::daemon
