#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <memory>
#include <string>

#include "common/net/gateway.hpp"
#include "scheduler/core/state.hpp"
#include "scheduler/shell/meter.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// What the scheduler actor is made of.
struct SchedulerParts {
  State state;  ///< As recover() gave it.
  Store store;
  net::Gateway* gateway = nullptr;  ///< Outlives the actor system.
  std::shared_ptr<Meter> meter;
  std::string version;
  std::string command_words;  ///< Behind `drover COMMAND` in what is written for people.
};

/// Spawns the actor that owns the core's state and performs its effects, and below it the store's
/// actor and one session actor per connected agent. Decides nothing.
///
/// Takes FromAgentBox and FromClientBox from the gateway's thread, and EventBox from its children.
caf::actor spawn_scheduler(caf::actor_system& system, SchedulerParts parts);

}  // namespace drover::scheduler
