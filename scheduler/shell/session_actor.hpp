#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <memory>

#include "common/net/gateway.hpp"
#include "scheduler/query/stored_plan.hpp"

namespace drover::scheduler {

/// Spawns the actor of one connected agent: transport and supervision, nothing is decided here.
///
/// Takes FromAgentBox, checks that nothing is missing in its session, and hands events to
/// `scheduler`. Takes OutgoingBox, numbers it and sends it. Lists that a task reads are fetched
/// from `store`, `plans` are used there only. A missing message ends the session: the scheduler
/// hears SessionClosed, the agent Rejoin.
caf::actor spawn_session(caf::actor_system& system, net::Peer peer, net::Gateway& gateway,
                         caf::actor scheduler, caf::actor store,
                         std::shared_ptr<StoredPlans> plans);

}  // namespace drover::scheduler
