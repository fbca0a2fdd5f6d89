#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <functional>
#include <memory>
#include <string>

#include "agent/core/state.hpp"
#include "agent/host/worker_host.hpp"
#include "agent/shell/meter.hpp"

namespace drover::agent {

struct AgentParts {
  State state;            ///< As make_state() gave it.
  std::string scheduler;  ///< Address.
  HostConfig host;
  std::shared_ptr<Meter> meter;
  std::function<void()> on_finished;  ///< The agent has said goodbye.
};

/// Spawns the actor that owns the agent's core and performs its effects; below it the uplink and
/// one supervisor per worker. Decides nothing. Takes EventBox; `StopAsked` makes it leave.
caf::actor spawn_agent(caf::actor_system& system, AgentParts parts);

}  // namespace drover::agent
