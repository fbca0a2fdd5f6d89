#pragma once

#include <cstdint>

/// Mistakes that can be planted in the core, to show that the simulator finds them (a test of the
/// tests).
///
/// Production builds compile planted() to `false`; only the simulator's own copy of the core, built
/// with DROVER_PLANTS, can make one.
namespace drover::scheduler {

enum class Plant : std::uint8_t {
  None,
  AcknowledgeBeforeCommit,
  AnswerStaleBeforeCommit,
  NoFence,
  AdoptGrantedElsewhere,
  LostKeepsLeases,
  RetryBeforeCharge,
  ChargeTwice,
  CancelBeforeCommit,
  BlameQueued,
  ForgetAttempts,
};

#ifdef DROVER_PLANTS
inline Plant plant = Plant::None;
inline bool planted(Plant mistake) { return plant == mistake; }
#else
constexpr bool planted(Plant) { return false; }
#endif

}  // namespace drover::scheduler
