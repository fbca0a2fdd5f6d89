#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/causes.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/wire/messages.hpp"

/// What happened to an agent: the only way anything enters its core.
namespace drover::agent {

/// The process has started; its workers are to be.
struct Started {};

/// The worker of a slot has loaded its libraries and waits for work.
struct WorkerReady {
  std::uint32_t slot = 0;
  std::vector<std::string> tasks;     ///< Signatures, as text.
  std::vector<std::string> notes;     ///< What did not load, and why.
  std::vector<std::string> builds{};  ///< See TaskVersion; one per task, or none.
};

/// Items of the slot's lease have outcomes.
struct WorkerResults {
  std::uint32_t slot = 0;
  std::shared_ptr<const wire::Results> results;
};
/// The slot's plain step returned a part of its list.
struct WorkerChunk {
  std::uint32_t slot = 0;
  std::shared_ptr<const wire::PutChunk> chunk;
};
/// The worker has nothing left to do of the lease. Its results came before.
struct WorkerLeaseEnded {
  std::uint32_t slot = 0;
  LeaseId lease;
};
/// The worker is gone. What it had published came before.
struct WorkerDied {
  std::uint32_t slot = 0;
  Range executing;  ///< The call as it ran; empty where none did.
  Cause cause = Cause::Crash;
  std::string text;
  float seconds = 0;
  bool reloads = false;  ///< It was asked to leave for one that loads its tasks anew.
};

/// Files of tasks are being written.
struct TasksTouched {};
/// They are written no more: what a worker that starts now has. Workers that run keep what they
/// have loaded.
struct TasksBuilt {
  std::vector<std::string> tasks;     ///< Signatures, as text.
  std::vector<std::string> notes;     ///< What did not load, and why.
  std::vector<std::string> builds{};  ///< See TaskVersion; one per task, or none.
};

/// A message of the present session, in sequence.
struct FromScheduler {
  std::uint64_t session = 0;
  std::variant<wire::Welcome, wire::Rejoin, wire::Refused, wire::Grant, wire::Revoke, wire::Release,
               wire::Answer, wire::HeartbeatHeard>
      message;
};
/// A message of the session is missing: it is over.
struct SessionBroken {
  std::uint64_t session = 0;
};

/// Leave: give work back, stop the workers, say goodbye.
struct StopAsked {};

struct TimeDue {};

using Event =
    std::variant<Started, WorkerReady, WorkerResults, WorkerChunk, WorkerLeaseEnded, WorkerDied,
                 TasksTouched, TasksBuilt, FromScheduler, SessionBroken, StopAsked, TimeDue>;

}  // namespace drover::agent
