#include "agent/core/step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "agent/core/ledger.hpp"
#include "agent/core/slots.hpp"
#include "agent/core/uplink.hpp"

namespace drover::agent {
namespace {

void handle(Turn& turn, const Started&) { on_started(turn); }
void handle(Turn& turn, const WorkerReady& event) { on_worker_ready(turn, event); }
void handle(Turn& turn, const WorkerResults& event) { on_results(turn, event); }
void handle(Turn& turn, const WorkerChunk& event) { on_chunk(turn, event); }
void handle(Turn& turn, const WorkerLeaseEnded& event) { on_lease_ended(turn, event); }
void handle(Turn& turn, const WorkerDied& event) { on_worker_died(turn, event); }
void handle(Turn& turn, const TasksTouched&) { on_tasks_touched(turn); }
void handle(Turn& turn, const TasksBuilt& event) { on_tasks_built(turn, event); }
void handle(Turn& turn, const FromScheduler& event) { on_message(turn, event); }
void handle(Turn& turn, const SessionBroken& event) { on_session_broken(turn, event); }
void handle(Turn& turn, const StopAsked&) { on_stop_asked(turn); }
void handle(Turn& turn, const TimeDue&) { turn.state.alarm.reset(); }

Instant next_deadline(const State& state) {
  Instant next =
      state.uplink == Uplink::Welcomed ? state.heard + scheduler_silent_after : state.hello_at;
  if (state.uplink != Uplink::Away) next = std::min(next, state.heartbeat_at);
  if (state.stop_by) next = std::min(next, *state.stop_by);
  for (const auto& [number, slot] : state.slots) {
    if (slot.on_again) next = std::min(next, *slot.on_again);
  }
  return next;
}

void set_alarm(Turn& turn) {
  if (turn.state.finished) return;
  const Instant next = next_deadline(turn.state);
  if (turn.state.alarm && *turn.state.alarm <= next) return;
  turn.state.alarm = next;
  turn.out.push_back(WakeAt{next});
}

}  // namespace

void step(State& state, const Event& event, Instant now, Effects& out) {
  Turn turn{state, now, out};
  std::visit([&](const auto& happened) { handle(turn, happened); }, event);
  on_time(turn);
  set_alarm(turn);
}

std::vector<wire::LeaseReport> report(const State& state) {
  std::map<LeaseId, wire::LeaseReport> reports;
  const auto entry = [&](const LeaseId& lease, const OpeningId& opening, const RunId& run,
                         std::uint32_t step, std::uint32_t slot) -> wire::LeaseReport& {
    return reports.try_emplace(lease, wire::LeaseReport{lease, opening, run, step, slot, {}, {}})
        .first->second;
  };
  const auto add_held = [&](const HeldLease& lease) {
    const wire::Grant& grant = *lease.grant;
    auto& held = entry(grant.lease, grant.opening, grant.run, grant.step, grant.slot).held;
    for (const auto& range : lease.left.ranges()) held.push_back(range);
  };
  for (const auto& [number, slot] : state.slots) {
    if (slot.running) add_held(*slot.running);
    for (const auto& lease : slot.waiting) add_held(lease);
  }
  for (const auto& kept : state.unanswered) {
    if (std::holds_alternative<std::shared_ptr<const wire::PutChunk>>(kept.what))
      continue;  // Its item is held.
    auto& unanswered = entry(kept.lease, kept.opening, kept.run, kept.step, kept.slot).unanswered;
    for (const auto& range : kept.items.ranges()) unanswered.push_back(range);
  }
  std::vector<wire::LeaseReport> all;
  for (auto& [lease, one] : reports) {
    if (!one.held.empty() || !one.unanswered.empty()) all.push_back(std::move(one));
  }
  return all;
}

State make_state(AgentId id, std::uint64_t incarnation, std::string name,
                 const std::vector<wire::SlotOffer>& slots) {
  State state;
  state.id = id;
  state.incarnation = incarnation;
  state.name = std::move(name);
  for (const auto& offer : slots) state.slots[offer.slot].offer = offer;
  return state;
}

std::vector<std::string> broken_invariants(const State& state) {
  std::vector<std::string> problems;
  std::uint64_t bytes = 0;
  for (const auto& [number, slot] : state.slots) {
    if ((slot.worker == WorkerState::Busy) != slot.running.has_value()) {
      if (!state.stop_by)
        problems.push_back(fmt::format("slot {} is busy without a lease, or the reverse", number));
    }
    if ((slot.worker == WorkerState::Off) != slot.on_again.has_value()) {
      problems.push_back(fmt::format("slot {} is off without an end, or the reverse", number));
    }
  }
  for (const auto& entry : state.unanswered) {
    bytes += entry.bytes;
    if (entry.items.empty()) problems.push_back("something without items waits for an answer");
  }
  if (bytes != state.unanswered_bytes) problems.push_back("unanswered bytes do not add up");
  return problems;
}

}  // namespace drover::agent
