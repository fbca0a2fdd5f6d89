#include "scheduler/core/step.hpp"

#include <algorithm>
#include <chrono>

#include "scheduler/core/agents.hpp"
#include "scheduler/core/grants.hpp"
#include "scheduler/core/other_types.hpp"
#include "scheduler/core/results.hpp"
#include "scheduler/core/runs.hpp"
#include "scheduler/core/service.hpp"
#include "scheduler/core/turn.hpp"

namespace drover::scheduler {
namespace {

void handle(Turn& turn, const Started&) {
  turn.state.adopt_until = turn.now + adopt_within;
  for (const auto& [id, run] : turn.state.runs) {
    turn.save(SaveEvent{id, "the scheduler was started again; what is done is kept"});
  }
  settle_all(turn);
}
void handle(Turn& turn, const HelloReceived& event) { on_hello(turn, event); }
void handle(Turn& turn, const ResultsReceived& event) { on_results(turn, event); }
void handle(Turn& turn, const ChunkReceived& event) { on_chunk(turn, event); }
void handle(Turn& turn, const CallFailedReceived& event) { on_call_failed(turn, event); }
void handle(Turn& turn, const ReleasedReceived& event) { on_released(turn, event); }
void handle(Turn& turn, const HeartbeatReceived& event) { on_heartbeat(turn, event); }
void handle(Turn& turn, const GoodbyeReceived& event) { on_goodbye(turn, event); }
void handle(Turn& turn, const SessionClosed& event) { on_session_closed(turn, event); }
void handle(Turn& turn, const Submitted& event) { on_submitted(turn, event); }
void handle(Turn& turn, const CancelRequested& event) { on_cancel(turn, event); }
void handle(Turn& turn, const Committed& event) {
  turn.state.committed = std::max(turn.state.committed, event.seq);
  release_held(turn);
}
void handle(Turn& turn, const StoreFull&) { turn.state.store_full = true; }
void handle(Turn& turn, const StoreHasRoom&) { turn.state.store_full = false; }
void handle(Turn& turn, const GrantShortened& event) { on_grant_shortened(turn, event); }
void handle(Turn& turn, const GrantRefused& event) { on_grant_refused(turn, event); }
void handle(Turn& turn, const ReuseFound& event) { on_reuse_found(turn, event); }
void handle(Turn& turn, const TimeDue&) {
  if (turn.state.alarm) {
    const Duration late = turn.now - *turn.state.alarm;
    if (late > forgiven_stall) forgive_stall(turn.state, late, turn.now);
    turn.state.alarm.reset();
  }
  check_silence(turn);
  fail_steps_of_other_types(turn);
}

/// The next moment, after now, at which something is due by itself.
std::optional<Instant> next_deadline(const State& state, Instant now) {
  std::optional<Instant> next;
  const auto consider = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  const auto check_at = [&](Instant when) {
    consider(std::max(when, now + std::chrono::milliseconds(1)));
  };
  if (!state.awaited.empty()) check_at(state.adopt_until);
  for (const auto& [id, agent] : state.agents) {
    const bool awaited = state.awaited.contains(id);
    if (agent.session || (agent.has_row && !awaited)) check_at(agent.heard + lost_after);
    for (const auto& [number, slot] : agent.slots) {
      if (out_of_service(slot, now)) consider(*slot.standing.out_until);
    }
  }
  for (const auto& [id, lease] : state.leases) {
    const Agent& agent = state.agents.at(lease.agent);
    if (!agent.session) check_at(agent.heard + lost_after);
  }
  for (const auto& [id, run] : state.runs) {
    for (const auto& step : run.steps) {
      // What is due already waits for a slot or a commit, and some time for another slot.
      const auto elsewhere =
          step.retry_queue.upper_bound(std::pair{now - retry_elsewhere_within, ~ItemIndex{0}});
      if (elsewhere != step.retry_queue.end() && elsewhere->first <= now)
        consider(elsewhere->first + retry_elsewhere_within);
      const auto later = step.retry_queue.upper_bound(std::pair{now, ~ItemIndex{0}});
      if (later != step.retry_queue.end()) consider(later->first);
    }
  }
  return next;
}

/// Orders a wake-up where none is ordered that comes early enough. One that comes too early orders
/// the next.
void set_alarm(Turn& turn) {
  const auto next = next_deadline(turn.state, turn.now);
  if (!next || (turn.state.alarm && *turn.state.alarm <= *next)) return;
  turn.state.alarm = next;
  turn.out.push_back(WakeAt{*next});
}

}  // namespace

void step(State& state, const Event& event, Instant now, Effects& out) {
  Turn turn{state, now, out};
  std::visit([&](const auto& happened) { handle(turn, happened); }, event);
  grant_leases(turn);
  set_alarm(turn);
}

}  // namespace drover::scheduler
