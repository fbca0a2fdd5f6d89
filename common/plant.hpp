#pragma once

#include <cstdint>

/// Mistakes that can be planted, to show that the simulator finds them (a test of the tests).
///
/// Production builds compile planted() to `false`; only the simulator's own copies of the cores,
/// built with DROVER_PLANTS, can make one. tests/sim/plants.cpp says what each is.
namespace drover {

enum class Plant : std::uint8_t {
  None,
  // In the scheduler's core.
  AcknowledgeBeforeCommit,
  AnswerStaleBeforeCommit,
  NoFence,
  AdoptGrantedElsewhere,
  AdoptSupersededSession,
  LostKeepsLeases,
  RetryBeforeCharge,
  ChargeTwice,
  CancelBeforeCommit,
  LateResultAfterCancel,
  BlameQueued,
  BlameExecuted,
  ForgetAttempts,
  ForgetCounters,
  TimersNotRebuilt,
  EndWithRetriable,
  CountTwice,
  // In the agent's core.
  NeverSendAgain,
  SendAgainAlways,
  // In the shells around them, which the simulator has its own of.
  WallClock,
  FullStoreIgnored,
  OversizeText,
};

#ifdef DROVER_PLANTS
inline Plant plant = Plant::None;
inline bool planted(Plant mistake) { return plant == mistake; }
#else
constexpr bool planted(Plant) { return false; }
#endif

}  // namespace drover
