#pragma once

#include "common/result.hpp"

namespace drover::tools {

/// What a command's exit status says; `drover --help` prints them.
inline constexpr int succeeded = 0;
inline constexpr int run_failed = 1;
inline constexpr int wrong_usage = 2;
inline constexpr int run_cancelled = 3;
inline constexpr int not_reachable = 4;

/// The status for an error: 4 where the scheduler cannot be reached, else 2.
inline int exit_code_of(const Error& error) {
  return error.code == ErrorCode::Unavailable ? not_reachable : wrong_usage;
}

}  // namespace drover::tools
