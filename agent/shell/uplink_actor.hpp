#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <string>

namespace drover::agent {

/// Spawns the actor that talks to the scheduler: transport only.
///
/// Takes HelloBox, which begins a session, and MessageBox, which it numbers and sends in it. Hands
/// FromScheduler and SessionBroken events to `agent`, and ChunkBox and LogWantedBox, which need no
/// decision.
caf::actor spawn_uplink(caf::actor_system& system, const std::string& address, caf::actor agent);

}  // namespace drover::agent
