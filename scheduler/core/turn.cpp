#include "scheduler/core/turn.hpp"

#include "scheduler/core/runs.hpp"

namespace drover::scheduler {
namespace {

/// Welcome goes out: from now on grants may follow it.
void note_welcome(State& state, const Effect& effect) {
  const auto* message = std::get_if<ToAgent>(&effect);
  if (message == nullptr || !std::holds_alternative<wire::Welcome>(message->message)) return;
  const auto agent = state.agents.find(message->agent);
  if (agent == state.agents.end() || !agent->second.session) return;
  if (agent->second.session->id == message->session) agent->second.session->welcomed = true;
}

void perform(Turn& turn, std::variant<Effect, FinishRun>& act) {
  if (auto* effect = std::get_if<Effect>(&act)) {
    note_welcome(turn.state, *effect);
    turn.out.push_back(std::move(*effect));
  } else {
    finish_run(turn, std::get<FinishRun>(act).run);
  }
}

}  // namespace

void Turn::reveal(std::variant<Effect, FinishRun> act,
                  std::optional<std::pair<AgentId, SessionId>> session) {
  const std::uint64_t newest = state.next_seq - 1;
  if (newest <= state.committed) {
    perform(*this, act);
  } else {
    state.held.push_back(Held{newest, std::move(session), std::move(act)});
  }
}

void release_held(Turn& turn) {
  auto& held = turn.state.held;
  while (!held.empty() && held.front().seq <= turn.state.committed) {
    Held next = std::move(held.front());
    held.pop_front();
    perform(turn, next.act);
  }
}

void drop_held(State& state, AgentId agent, SessionId session) {
  const std::pair key{agent, session};
  std::erase_if(state.held, [&](const Held& held) { return held.session == key; });
}

}  // namespace drover::scheduler
