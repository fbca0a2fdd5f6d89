#include "agent/core/slots.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/core/ledger.hpp"
#include "agent/core/uplink.hpp"

namespace drover::agent {
namespace {

/// Hands the next waiting lease to an idle worker.
void run_next(Turn& turn, std::uint32_t number, Slot& slot) {
  if (slot.worker != WorkerState::Idle || slot.waiting.empty()) return;
  slot.running = std::move(slot.waiting.front());
  slot.waiting.pop_front();
  slot.worker = WorkerState::Busy;
  turn.out.push_back(RunLease{number, slot.running->grant});
}

/// Leases of the slot that have not started go back.
void give_waiting_back(Turn& turn, Slot& slot, const std::string& why) {
  for (const auto& lease : slot.waiting) {
    keep_call_failed(turn, lease, Range{}, lease.todo, Cause::Crash, why, 0);
  }
  slot.waiting.clear();
}

/// Counts a death; too many without an item completed in between take the slot out of service.
void after_death(Turn& turn, std::uint32_t number, Slot& slot, bool counts) {
  if (counts) slot.deaths.push_back(turn.now);
  std::erase_if(slot.deaths, [&](Instant death) { return turn.now - death > deaths_within; });
  if (slot.deaths.size() < max_deaths) {
    slot.worker = WorkerState::Starting;
    turn.out.push_back(StartWorker{number});
    return;
  }
  slot.deaths.clear();
  slot.worker = WorkerState::Off;
  slot.on_again = turn.now + slot_off_for;
  give_waiting_back(
      turn, slot, fmt::format("the worker of slot {} died {} times in a row", number, max_deaths));
  offer_changed(turn);
}

bool holds(const State& state, const LeaseId& lease) {
  const auto is_it = [&](const HeldLease& held) { return held.grant->lease == lease; };
  return std::any_of(state.slots.begin(), state.slots.end(), [&](const auto& entry) {
    const Slot& slot = entry.second;
    return (slot.running && is_it(*slot.running)) ||
           std::any_of(slot.waiting.begin(), slot.waiting.end(), is_it);
  });
}

void note_early(State& state, const wire::RevokedItems& revoked) {
  for (const auto& range : revoked.items) state.revoked_early[revoked.lease].insert(range);
  if (state.revoked_early.size() > max_revoked_early)
    state.revoked_early.erase(state.revoked_early.begin());
}

}  // namespace

void on_started(Turn& turn) {
  for (const auto& [number, slot] : turn.state.slots) turn.out.push_back(StartWorker{number});
  turn.state.hello_at = turn.now + first_hello_within;
}

void on_worker_ready(Turn& turn, const WorkerReady& event) {
  const auto found = turn.state.slots.find(event.slot);
  if (found == turn.state.slots.end()) return;
  found->second.worker = WorkerState::Idle;
  const bool changed = turn.state.tasks != event.tasks || turn.state.notes != event.notes;
  turn.state.tasks = event.tasks;
  turn.state.notes = event.notes;
  run_next(turn, event.slot, found->second);
  if (changed) offer_changed(turn);
}

void on_lease_ended(Turn& turn, const WorkerLeaseEnded& event) {
  const auto found = turn.state.slots.find(event.slot);
  if (found == turn.state.slots.end()) return;
  Slot& slot = found->second;
  if (!slot.running || slot.running->grant->lease != event.lease) return;
  const HeldLease ended = std::move(*slot.running);
  slot.running.reset();
  slot.worker = WorkerState::Idle;
  keep_call_failed(turn, ended, Range{}, ended.todo, Cause::Crash,
                   "the worker ended the lease early", 0);
  run_next(turn, event.slot, slot);
}

void on_worker_died(Turn& turn, const WorkerDied& event) {
  const auto found = turn.state.slots.find(event.slot);
  if (found == turn.state.slots.end() || turn.state.stop_by) return;
  Slot& slot = found->second;
  bool counts = true;
  if (slot.running) {
    const HeldLease ended = std::move(*slot.running);
    slot.running.reset();
    const bool wanted = !ended.todo.empty();
    const bool executing = !ended.todo.within(event.executing).empty();
    IntervalSet rest = ended.todo;
    if (executing) rest.erase(event.executing);
    keep_call_failed(turn, ended, executing ? event.executing : Range{}, rest, event.cause,
                     event.text, event.seconds);
    // A revoked lease's worker was ended by us; a range that is being halved says nothing about the
    // slot.
    counts = wanted && event.executing.size() <= 1;
  }
  after_death(turn, event.slot, slot, counts);
}

void on_grant(Turn& turn, const wire::Grant& grant) {
  if (grant.lease.epoch < turn.state.newest_epoch) return;
  HeldLease lease{std::make_shared<const wire::Grant>(grant), IntervalSet(grant.items)};
  if (const auto early = turn.state.revoked_early.find(grant.lease);
      early != turn.state.revoked_early.end()) {
    lease.todo.erase(early->second);
    turn.state.revoked_early.erase(early);
    if (lease.todo.empty()) return;
  }
  const auto found = turn.state.slots.find(grant.slot);
  if (found == turn.state.slots.end() || found->second.worker == WorkerState::Off) {
    keep_call_failed(turn, lease, Range{}, lease.todo, Cause::Crash,
                     fmt::format("slot {} is out of service", grant.slot), 0);
    return;
  }
  found->second.waiting.push_back(std::move(lease));
  run_next(turn, grant.slot, found->second);
}

void on_revoked(Turn& turn, const std::vector<wire::RevokedItems>& revoked) {
  for (const auto& entry : revoked) {
    if (!holds(turn.state, entry.lease)) note_early(turn.state, entry);
    for (auto& [number, slot] : turn.state.slots) {
      if (slot.running && slot.running->grant->lease == entry.lease &&
          !slot.running->todo.empty()) {
        for (const auto& range : entry.items) slot.running->todo.erase(range);
        if (slot.running->todo.empty()) turn.out.push_back(StopLease{number, entry.lease});
      }
      for (auto& lease : slot.waiting) {
        if (lease.grant->lease != entry.lease) continue;
        for (const auto& range : entry.items) lease.todo.erase(range);
      }
      std::erase_if(slot.waiting, [](const HeldLease& lease) { return lease.todo.empty(); });
    }
  }
}

void on_release(Turn& turn, const wire::Release& release) {
  wire::Released answer{release.lease, {}};
  for (auto& [number, slot] : turn.state.slots) {
    for (const auto& lease : slot.waiting) {
      if (lease.grant->lease == release.lease) answer.items = lease.todo.ranges();
    }
    std::erase_if(slot.waiting,
                  [&](const HeldLease& lease) { return lease.grant->lease == release.lease; });
  }
  turn.send(std::move(answer));
}

void give_everything_back(Turn& turn) {
  for (auto& [number, slot] : turn.state.slots) {
    slot.running.reset();
    slot.waiting.clear();
  }
  turn.out.push_back(StopWorkers{});
}

bool switch_on(Turn& turn) {
  bool any = false;
  for (auto& [number, slot] : turn.state.slots) {
    if (slot.worker != WorkerState::Off || *slot.on_again > turn.now) continue;
    slot.on_again.reset();
    slot.worker = WorkerState::Starting;
    turn.out.push_back(StartWorker{number});
    any = true;
  }
  return any;
}

std::vector<wire::SlotOffer> offers(const State& state) {
  std::vector<wire::SlotOffer> all;
  for (const auto& [number, slot] : state.slots) {
    if (slot.worker != WorkerState::Off) all.push_back(slot.offer);
  }
  return all;
}

}  // namespace drover::agent
