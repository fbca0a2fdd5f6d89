#include "agent/core/slots.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/core/ledger.hpp"
#include "agent/core/uplink.hpp"
#include "common/spelling.hpp"

namespace drover::agent {
namespace {

/// Starts the slot's worker: it loads the tasks as they are now.
void start_worker(Turn& turn, std::uint32_t number, Slot& slot) {
  slot.worker = WorkerState::Starting;
  slot.loaded = {{}, turn.state.task_build.number};
  turn.out.push_back(StartWorker{number});
}

/// Notes where workers have other tasks than the newest build.
void compare_slots(State& state) {
  for (auto& [number, slot] : state.slots) {
    if (slot.worker == WorkerState::Idle || slot.worker == WorkerState::Busy)
      note_replaced(state.task_build, slot.loaded);
  }
}

/// Ends the slot's idle worker for one that loads the tasks as they are now.
void reload_worker(Turn& turn, std::uint32_t number, Slot& slot) {
  const bool was_older = !slot.loaded.replaced.empty();
  slot.worker = WorkerState::Starting;
  slot.loaded = {{}, turn.state.task_build.number};
  turn.out.push_back(ReloadWorker{number});
  if (was_older) offer_changed(turn);
}

/// Hands the next waiting lease to an idle worker. What that could only fail goes back.
void run_next(Turn& turn, std::uint32_t number, Slot& slot) {
  while (slot.worker == WorkerState::Idle && !slot.waiting.empty()) {
    HeldLease& lease = slot.waiting.front();
    switch (run_with(turn.state.task_build, slot.loaded, *lease.grant)) {
      case RunWith::Newest:
        return reload_worker(turn, number, slot);
      case RunWith::Nothing:
        keep_call_failed(
            turn, lease, Range{}, lease.left, Cause::Crash,
            fmt::format("slot {} does not have '{}' as it was any more", number, lease.grant->task),
            0);
        slot.waiting.pop_front();
        continue;
      case RunWith::Loaded:
        slot.running = std::move(lease);
        slot.waiting.pop_front();
        slot.worker = WorkerState::Busy;
        turn.out.push_back(RunLease{number, slot.running->grant});
    }
  }
}

/// Leases of the slot that have not started go back.
void give_waiting_back(Turn& turn, Slot& slot, const std::string& why) {
  for (const auto& lease : slot.waiting) {
    keep_call_failed(turn, lease, Range{}, lease.left, Cause::Crash, why, 0);
  }
  slot.waiting.clear();
}

Duration time_off(std::uint32_t times_before) {
  const std::uint32_t doublings = std::min(times_before, 6U);
  return std::min<Duration>(longest_time_off, first_time_off * (1LL << doublings));
}

/// Notes a death. One that is of nobody's item, or of an item that has not killed here before,
/// counts.
void note_death(Slot& slot, Death death) {
  if (death.item) std::erase_if(slot.deaths, [&](const Death& d) { return d.item == death.item; });
  slot.deaths.push_back(std::move(death));
}

/// After a death: the worker is started again, unless there were too many without an item completed
/// in between.
void go_on(Turn& turn, std::uint32_t number, Slot& slot) {
  std::erase_if(slot.deaths,
                [&](const Death& death) { return turn.now - death.at > deaths_within; });
  const bool was_older = !slot.loaded.replaced.empty();
  if (slot.deaths.size() < max_deaths) {
    start_worker(turn, number, slot);
    if (was_older) offer_changed(turn);
    return;
  }
  slot.deaths.clear();
  slot.worker = WorkerState::Off;
  slot.off_for = time_off(slot.times_off);
  slot.on_again = turn.now + slot.off_for;
  slot.times_off += 1;
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
  for (auto& [number, slot] : turn.state.slots) start_worker(turn, number, slot);
  turn.state.hello_at = turn.now + first_hello_within;
}

void on_worker_ready(Turn& turn, const WorkerReady& event) {
  const auto found = turn.state.slots.find(event.slot);
  if (found == turn.state.slots.end()) return;
  Slot& slot = found->second;
  slot.worker = WorkerState::Idle;
  const bool changed = take_loaded(turn.state.task_build, slot.loaded, event);
  if (changed) compare_slots(turn.state);
  run_next(turn, event.slot, slot);
  if (changed) offer_changed(turn);
}

void on_tasks_touched(Turn& turn) {
  if (turn.state.task_build.changing) return;
  turn.state.task_build.changing = true;
  offer_changed(turn);
}

void on_tasks_built(Turn& turn, const TasksBuilt& event) {
  take_built(turn.state.task_build, event);
  compare_slots(turn.state);
  for (auto& [number, slot] : turn.state.slots) {
    if (slot.worker != WorkerState::Off) continue;
    slot.on_again = turn.now;  // What its workers died of may be mended.
    slot.times_off = 0;
  }
  offer_changed(turn);
}

void on_lease_ended(Turn& turn, const WorkerLeaseEnded& event) {
  const auto found = turn.state.slots.find(event.slot);
  if (found == turn.state.slots.end()) return;
  Slot& slot = found->second;
  if (!slot.running || slot.running->grant->lease != event.lease) return;
  const HeldLease ended = std::move(*slot.running);
  slot.running.reset();
  slot.worker = WorkerState::Idle;
  // Until it is answered: a Hello that is under way may still report the lease as held.
  keep_call_failed(turn, ended, Range{}, ended.left, Cause::Crash,
                   "the worker ended the lease early", 0);
  run_next(turn, event.slot, slot);
}

void on_worker_died(Turn& turn, const WorkerDied& event) {
  const auto found = turn.state.slots.find(event.slot);
  if (found == turn.state.slots.end() || turn.state.stop_by) return;
  Slot& slot = found->second;
  Death death{turn.now, std::nullopt};
  bool counts = !event.reloads;
  if (slot.running) {
    const HeldLease ended = std::move(*slot.running);
    slot.running.reset();
    const bool wanted = !ended.left.empty();
    const bool executing = !ended.left.within(event.executing).empty();
    IntervalSet rest = ended.left;
    if (executing) rest.erase(event.executing);
    keep_call_failed(turn, ended, executing ? event.executing : Range{}, rest, event.cause,
                     event.text, event.seconds);
    // A revoked lease's worker was ended by us; a range that is being halved says nothing about the
    // slot.
    counts = counts && wanted && event.executing.size() <= 1;
    if (executing) {
      const wire::Grant& grant = *ended.grant;
      death.item = {StepRef{grant.run, grant.step}, event.executing.first};
    }
  }
  if (counts) note_death(slot, std::move(death));
  go_on(turn, event.slot, slot);
}

void item_completed(Slot& slot) {
  slot.deaths.clear();
  slot.times_off = 0;
}

void on_grant(Turn& turn, const wire::Grant& grant) {
  if (grant.lease.epoch < turn.state.newest_epoch) return;
  note_run(turn.state.task_build, grant.run);
  HeldLease lease{std::make_shared<const wire::Grant>(grant), IntervalSet(grant.items)};
  if (const auto early = turn.state.revoked_early.find(grant.lease);
      early != turn.state.revoked_early.end()) {
    lease.left.erase(early->second);
    turn.state.revoked_early.erase(early);
    if (lease.left.empty()) return;
  }
  const auto found = turn.state.slots.find(grant.slot);
  if (found == turn.state.slots.end() || found->second.worker == WorkerState::Off) {
    keep_call_failed(turn, lease, Range{}, lease.left, Cause::Crash,
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
          !slot.running->left.empty()) {
        for (const auto& range : entry.items) slot.running->left.erase(range);
        if (slot.running->left.empty()) turn.out.push_back(StopLease{number, entry.lease});
      }
      for (auto& lease : slot.waiting) {
        if (lease.grant->lease != entry.lease) continue;
        for (const auto& range : entry.items) lease.left.erase(range);
      }
      std::erase_if(slot.waiting, [](const HeldLease& lease) { return lease.left.empty(); });
    }
  }
}

void on_release(Turn& turn, const wire::Release& release) {
  wire::Released answer{release.lease, {}};
  for (auto& [number, slot] : turn.state.slots) {
    if (slot.running && slot.running->grant->lease == release.lease) {
      turn.out.push_back(StopLease{number, release.lease, true});
      return;  // What is left when its present call has ended goes back then.
    }
    for (const auto& lease : slot.waiting) {
      if (lease.grant->lease == release.lease) answer.items = lease.left.ranges();
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
    start_worker(turn, number, slot);
    any = true;
  }
  return any;
}

std::vector<wire::SlotOffer> offers(const State& state) {
  std::vector<wire::SlotOffer> all;
  for (const auto& [number, slot] : state.slots) {
    if (slot.worker == WorkerState::Off) continue;
    all.push_back(slot.offer);
    if (slot.worker != WorkerState::Starting) all.back().older_tasks = older_tasks(slot.loaded);
  }
  return all;
}

std::vector<std::string> notes(const State& state) {
  std::vector<std::string> all = state.task_build.notes;
  for (const auto& [number, slot] : state.slots) {
    if (slot.worker != WorkerState::Off) continue;
    all.push_back(fmt::format("slot {}: off for {}, its worker died {} times in a row", number,
                              spoken(slot.off_for), max_deaths));
  }
  return all;
}

}  // namespace drover::agent
