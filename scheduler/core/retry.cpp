#include "scheduler/core/retry.hpp"

#include <algorithm>

namespace drover::scheduler {
namespace {

/// splitmix64 (Steele, Lea, Flood 2014): one multiplication chain, good enough to spread retries.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace

std::uint32_t retry_budget(const RetryBudgets& budgets, Cause cause) {
  switch (cause) {
    case Cause::UserError:
      return budgets.user_error;
    case Cause::Crash:
      return budgets.crash;
    case Cause::OutOfMemory:
      return budgets.out_of_memory;
    case Cause::Timeout:
      return budgets.timeout;
    case Cause::AgentLost:
      return 5;
    case Cause::Input:
      return 0;
  }
  return 0;
}

bool may_retry(const RetryBudgets& budgets, const Charges& charges, Cause cause) {
  const std::uint32_t failures = charges.by_cause[static_cast<std::size_t>(cause)];
  return failures <= std::min(retry_budget(budgets, cause), max_retries);
}

Duration back_off(std::uint64_t& random, std::uint32_t failures) {
  if (failures <= 1) return Duration::zero();
  const std::uint32_t doublings = std::min(failures - 2, 6U);
  const Duration longest =
      std::min<Duration>(longest_back_off, first_back_off * (1LL << doublings));
  const auto share = static_cast<double>(next_random(random) >> 11U) / 9007199254740992.0;  // 2^53
  return Duration(static_cast<std::int64_t>(static_cast<double>(longest.count()) * share));
}

}  // namespace drover::scheduler
