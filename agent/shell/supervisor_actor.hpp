#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <memory>
#include <variant>

#include "agent/core/effect.hpp"
#include "agent/host/worker_host.hpp"

namespace drover::agent {

/// Orders of the agent to one slot's supervisor.
struct WorkerOrder {
  std::variant<StartWorker, ReloadWorker, RunLease, StopLease> order;
};
using WorkerOrderBox = std::shared_ptr<const WorkerOrder>;

/// Spawns the actor that stands for one slot's worker: what happens to the worker comes to it from
/// the host (EventBox) and goes up to `agent`, and the agent's orders go down. Where it fails, its
/// slot's worker has died to the agent.
caf::actor spawn_supervisor(caf::actor_system& system, std::uint32_t slot,
                            std::shared_ptr<WorkerHost> host, caf::actor agent);

}  // namespace drover::agent

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::WorkerOrderBox)
