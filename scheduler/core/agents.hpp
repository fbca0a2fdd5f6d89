#pragma once

#include "scheduler/core/turn.hpp"

/// Agents: their sessions, what they report when they come back, and what happens when they are
/// lost.
namespace drover::scheduler {

/// The agent, where `session` is the one it has now; what it sent counts as a sign of life. Else
/// null: messages of other sessions are ignored.
Agent* in_session(Turn& turn, const AgentId& agent, const SessionId& session);

void on_hello(Turn& turn, const HelloReceived& event);
void on_heartbeat(Turn& turn, const HeartbeatReceived& event);
void on_goodbye(Turn& turn, const GoodbyeReceived& event);
void on_session_closed(Turn& turn, const SessionClosed& event);

/// Finds agents that have been silent for too long, and ends the wait for those that joined before
/// a restart.
void check_silence(Turn& turn);

/// Our own process stood still until now: nobody is blamed for the silence of that time.
void forgive_stall(State& state, Duration stall, Instant now);

}  // namespace drover::scheduler
