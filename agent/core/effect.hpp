#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "agent/core/event.hpp"
#include "common/units.hpp"

/// What the agent's shell must do, in order.
namespace drover::agent {

struct StartWorker {
  std::uint32_t slot = 0;
};
/// End the slot's worker, which is idle: its tasks were built anew. Comes back as WorkerDied.
struct ReloadWorker {
  std::uint32_t slot = 0;
};
/// Hand the lease to the slot's worker, which is idle.
struct RunLease {
  std::uint32_t slot = 0;
  std::shared_ptr<const wire::Grant> grant;
};
/// Begin no further call of the running lease. Where nothing of it is wanted any more it is ended
/// by force if it does not end by itself; else the call that executes counts. Comes back as
/// WorkerLeaseEnded or WorkerDied.
struct StopLease {
  std::uint32_t slot = 0;
  LeaseId lease;
  bool wanted = false;
};
/// End all workers for good.
struct StopWorkers {};

/// Begin a new session: sequence numbers start anew, the Hello is its first message.
struct OpenSession {
  wire::Hello hello;
};
/// Send within the present session.
struct Send {
  std::variant<std::shared_ptr<const wire::Results>, std::shared_ptr<const wire::PutChunk>,
               wire::CallFailed, wire::Released, wire::Goodbye>
      message;
};
/// Send a Heartbeat with what the progress cells say.
struct SendHeartbeat {};

/// Stop (or go on) reading results from workers: too much has no answer yet.
struct HoldWorkers {
  bool hold = false;
};

/// Ask for the chunks again that workers wait for: what was asked in another session is not
/// answered.
struct AskForChunksAgain {};

/// The agent has said goodbye: the process may end.
struct Finished {};

struct WakeAt {
  Instant when;
};

using Effect =
    std::variant<StartWorker, ReloadWorker, RunLease, StopLease, StopWorkers, OpenSession, Send,
                 SendHeartbeat, HoldWorkers, AskForChunksAgain, Finished, WakeAt>;
using Effects = std::vector<Effect>;

}  // namespace drover::agent
