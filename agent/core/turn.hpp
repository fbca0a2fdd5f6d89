#pragma once

#include <utility>

#include "agent/core/state.hpp"

namespace drover::agent {

/// One call of step(): what its parts share. Internal to the core.
struct Turn {
  State& state;
  Instant now;
  Effects& out;

  /// Sends where there is a session to send in; else the next session's report and repeats will say
  /// it.
  template <class Message>
  void send(Message&& message) {
    if (state.uplink == Uplink::Welcomed) out.push_back(Send{std::forward<Message>(message)});
  }
};

}  // namespace drover::agent
