#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// One call of step(): what its parts share. Internal to the core.
struct Turn {
  State& state;
  Instant now;
  Effects& out;

  /// Appends a save and returns its sequence number.
  template <class What>
  std::uint64_t save(What&& what) {
    const std::uint64_t seq = state.next_seq++;
    out.push_back(Persist{Save{seq, std::forward<What>(what)}});
    return seq;
  }

  /// Performs `act` once everything saved so far is durable; at once where it is already.
  void reveal(std::variant<Effect, FinishRun> act,
              std::optional<std::pair<AgentId, SessionId>> session = std::nullopt);

  /// reveal() to the agent's present session; nothing where it has none.
  template <class Message>
  void reveal_to(const Agent& agent, Message&& message) {
    if (!agent.session) return;
    reveal(Effect{ToAgent{agent.id, agent.session->id, std::forward<Message>(message)}},
           std::pair{agent.id, agent.session->id});
  }

  /// Sends now: for what reveals nothing.
  template <class Message>
  void tell(const Agent& agent, Message&& message) {
    if (!agent.session) return;
    out.push_back(ToAgent{agent.id, agent.session->id, std::forward<Message>(message)});
  }

  /// tell(), but never before the Welcome: only HeartbeatHeard may come earlier in a session.
  template <class Message>
  void tell_after_welcome(const Agent& agent, Message&& message) {
    if (!agent.session) return;
    if (agent.session->welcomed) {
      tell(agent, std::forward<Message>(message));
    } else {
      reveal_to(agent, std::forward<Message>(message));  // The Welcome is held for a save before.
    }
  }
};

/// Performs what was held for saves up to `state.committed`.
void release_held(Turn& turn);

/// Drops what was held for a session that is over.
void drop_held(State& state, AgentId agent, SessionId session);

}  // namespace drover::scheduler
