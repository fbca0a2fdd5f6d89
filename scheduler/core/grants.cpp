#include "scheduler/core/grants.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "scheduler/core/ledger.hpp"
#include "scheduler/core/placement.hpp"

namespace drover::scheduler {
namespace {

/// A slot that may take another lease.
struct Room {
  Agent* agent;
  std::uint32_t slot;
  std::size_t leases() const { return agent->slots.at(slot).leases.size(); }
};

/// A step that has something to grant.
struct Candidate {
  Run* run;
  std::uint32_t index;
  std::size_t fitting = 0;  // slots, counted once
  Step& step() const { return run->steps[index]; }
  const PlanStep& plan() const { return run->plan->steps[index]; }
  StepRef ref() const { return StepRef{run->id, index}; }
};

std::vector<Room> rooms(State& state) {
  std::vector<Room> all;
  for (auto& [id, agent] : state.agents) {
    if (!agent.session || !agent.session->welcomed) continue;
    for (auto& [number, slot] : agent.slots) {
      if (slot.leases.size() < max_leases_per_slot) all.push_back(Room{&agent, number});
    }
  }
  return all;
}

bool has_work(const State& state, const Step& step, Instant now) {
  if (step.state != StepState::Running || waits_for_agents(state, step)) return false;
  if (!step.free.empty() && step.charged.size() < max_retrying) return true;
  return retry_due(state, step, now).has_value();
}

std::vector<Candidate> candidates(State& state, Instant now) {
  std::vector<Candidate> all;
  for (auto& [id, run] : state.runs) {
    if (run.state != RunState::Running) continue;
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      if (has_work(state, run.steps[i], now)) all.push_back(Candidate{&run, i});
    }
  }
  return all;
}

std::uint64_t leases_of(const Run& run) {
  std::uint64_t sum = 0;
  for (const auto& step : run.steps) sum += step.leases;
  return sum;
}

/// The candidate whose turn it is.
std::vector<Candidate>::iterator next_in_line(std::vector<Candidate>& all) {
  return std::min_element(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(leases_of(*a.run), a.run->order, a.index) <
           std::tuple(leases_of(*b.run), b.run->order, b.index);
  });
}

bool is_short(const Step& step) {
  return step.item_seconds && *step.item_seconds < waiting_lease_below;
}

/// May a lease wait behind what the slot has? Only where that takes less than a second an item. How
/// long the waiting one takes is of no matter: were it asked, a run of short items would keep slots
/// from everybody whose items are long or not measured yet.
bool may_wait_there(const State& state, const Room& room) {
  const auto& leases = room.agent->slots.at(room.slot).leases;
  return std::all_of(leases.begin(), leases.end(), [&](const LeaseId& id) {
    const Lease& lease = state.leases.at(id);
    return !lease.void_ && is_short(state.runs.at(lease.step.run).steps.at(lease.step.step));
  });
}

/// The slots that hold leases of the step now.
std::set<std::pair<AgentId, std::uint32_t>> slots_in_use(const State& state, const StepRef& ref) {
  std::set<std::pair<AgentId, std::uint32_t>> slots;
  for (const auto& [id, lease] : state.leases) {
    if (lease.step == ref) slots.emplace(lease.agent, lease.slot);
  }
  return slots;
}

/// May the step have a lease there, as far as its option `concurrency` goes?
bool concurrency_allows(const State& state, const StepRef& ref, std::uint32_t concurrency,
                        const Room& room) {
  if (concurrency == 0) return true;
  const auto used = slots_in_use(state, ref);
  return used.size() < concurrency || used.contains({room.agent->id, room.slot});
}

const Room* room_for(const State& state, const Candidate& candidate, const std::vector<Room>& all,
                     Instant now) {
  const std::uint32_t concurrency = candidate.plan().options.concurrency;
  std::set<std::pair<AgentId, std::uint32_t>> used;
  if (concurrency > 0) used = slots_in_use(state, candidate.ref());
  const Room* best = nullptr;
  for (const Room& room : all) {
    if (room.leases() >= max_leases_per_slot ||
        (best != nullptr && best->leases() <= room.leases()))
      continue;
    const Slot& slot = room.agent->slots.at(room.slot);
    if (unfit(*room.agent, slot, candidate.step(), candidate.plan(), now)) continue;
    if (room.leases() > 0 && !may_wait_there(state, room)) continue;
    if (concurrency > 0 && used.size() >= concurrency &&
        !used.contains({room.agent->id, room.slot}))
      continue;
    best = &room;
    if (best->leases() == 0) break;
  }
  return best;
}

void grant(Turn& turn, Candidate& candidate, const Room& room) {
  Step& step = candidate.step();
  SendGrant order;
  if (const auto item = retry_due(turn.state, step, turn.now)) {
    order.items = Range{*item, *item + 1};
    order.attempts = {step.charged.at(*item).attempts + 1};
    order.largest_batch = 1;
  } else {
    if (candidate.fitting == 0) {
      candidate.fitting = fitting_slots(turn.state, step, candidate.plan(), turn.now);
    }
    const LeaseCut cut = cut_lease(step, candidate.plan(), candidate.fitting);
    order.items = cut.items;
    order.largest_batch = cut.largest_batch;
  }
  order.agent = room.agent->id;
  order.session = room.agent->session->id;
  order.lease = LeaseId{turn.state.epoch, turn.state.next_lease++};
  order.opening = *step.opening;
  order.step = candidate.ref();
  order.plan = candidate.run->plan;
  order.slot = room.slot;
  Lease& lease = add_lease(
      turn,
      Lease{
          order.lease, order.agent, order.slot, order.step, {}, order.items.size(), false, false});
  take(step, lease, order.items);
  turn.out.push_back(std::move(order));
}

/// How long what stands before the second lease of a slot still takes.
double seconds_before(const State& state, const Slot& slot) {
  const Lease& first = state.leases.at(slot.leases.front());
  const Step& step = state.runs.at(first.step.run).steps.at(first.step.step);
  return step.item_seconds.value_or(0) * static_cast<double>(first.items.size());
}

/// Calls back leases that wait behind others, one for each slot that idles and could run them.
void recall_waiting(Turn& turn, const std::vector<Room>& all) {
  for (const Room& idle : all) {
    if (idle.leases() > 0) continue;
    for (auto& [id, lease] : turn.state.leases) {
      if (lease.release_asked || lease.void_) continue;
      Agent& holder = turn.state.agents.at(lease.agent);
      const auto slot = holder.slots.find(lease.slot);
      if (slot == holder.slots.end() || slot->second.leases.size() < 2 ||
          slot->second.leases.back() != id)
        continue;
      Run& run = turn.state.runs.at(lease.step.run);
      const Step& step = run.steps.at(lease.step.step);
      if (seconds_before(turn.state, slot->second) < recall_above) continue;
      if (unfit(*idle.agent, idle.agent->slots.at(idle.slot), step,
                run.plan->steps.at(lease.step.step), turn.now)) {
        continue;
      }
      if (!concurrency_allows(turn.state, lease.step,
                              run.plan->steps.at(lease.step.step).options.concurrency, idle)) {
        continue;
      }
      if (!holder.session || !holder.session->welcomed) continue;
      lease.release_asked = true;
      turn.tell(holder, wire::Release{id});
      break;
    }
  }
}

}  // namespace

void grant_leases(Turn& turn) {
  if (turn.state.store_full || turn.state.runs.empty()) return;
  const auto all_rooms = rooms(turn.state);
  if (all_rooms.empty()) return;
  auto all = candidates(turn.state, turn.now);
  while (!all.empty()) {
    const auto next = next_in_line(all);
    const Room* room = room_for(turn.state, *next, all_rooms, turn.now);
    if (room == nullptr) {
      all.erase(next);
      continue;
    }
    grant(turn, *next, *room);
    if (!has_work(turn.state, next->step(), turn.now)) all.erase(next);
  }
  recall_waiting(turn, all_rooms);
}

}  // namespace drover::scheduler
