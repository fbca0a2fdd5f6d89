#pragma once

#include "agent/core/turn.hpp"

/// The conversation with the scheduler: when to say Hello, and what its messages mean.
namespace drover::agent {

void on_message(Turn& turn, const FromScheduler& event);
void on_session_broken(Turn& turn, const SessionBroken& event);
void on_stop_asked(Turn& turn);

/// Slots or tasks are not what the last Hello said: a new session tells.
void offer_changed(Turn& turn);

/// What time alone brings: heartbeats, a Hello, silence of the scheduler, the end of a stop.
void on_time(Turn& turn);

}  // namespace drover::agent
