#include "scheduler/core/grants.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "scheduler/core/ledger.hpp"
#include "scheduler/core/placement.hpp"
#include "scheduler/core/retry_place.hpp"

namespace drover::scheduler {
namespace {

using Place = std::pair<AgentId, std::uint32_t>;

/// A slot that may take another lease.
struct Room {
  Agent* agent;
  std::uint32_t slot;
  const std::vector<LeaseId>& leases() const { return agent->slots.at(slot).leases; }
  Place place() const { return {agent->id, slot}; }
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

/// Retries that are looked at, where places for the first ones are taken.
constexpr std::size_t retries_looked_at = 8;

bool has_free(const Step& step) { return !step.free.empty() && step.charged.size() < max_retrying; }

bool has_work(const State& state, const Step& step, Instant now) {
  if (step.state != StepState::Running || waits_for_agents(state, step)) return false;
  return has_free(step) || !retries_due(state, step, now, 1).empty();
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

/// The candidate whose turn it is.
std::vector<Candidate>::iterator next_in_line(std::vector<Candidate>& all) {
  return std::min_element(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.run->leases, a.run->order, a.index) <
           std::tuple(b.run->leases, b.run->order, b.index);
  });
}

bool is_short(const Step& step) {
  return step.item_seconds && *step.item_seconds < waiting_lease_below;
}

/// May the slot take another lease? One that waits behind what the slot has only where that takes
/// less than a second an item. How long the waiting one takes is of no matter: were it asked, a run
/// of short items would keep slots from everybody whose items are long or not measured yet.
bool has_room(const State& state, const std::vector<LeaseId>& leases) {
  if (leases.size() >= max_leases_per_slot) return false;
  return std::all_of(leases.begin(), leases.end(), [&](const LeaseId& id) {
    const Lease& lease = state.leases.at(id);
    return !lease.void_ && is_short(state.runs.at(lease.step.run).steps.at(lease.step.step));
  });
}

std::vector<Room> rooms(State& state) {
  std::vector<Room> all;
  for (auto& [id, agent] : state.agents) {
    if (!agent.session || !agent.session->welcomed) continue;
    for (auto& [number, slot] : agent.slots) {
      if (has_room(state, slot.leases)) all.push_back(Room{&agent, number});
    }
  }
  return all;
}

/// How long so many items of the lease's step take.
double seconds_of(const State& state, const Lease& lease, std::uint64_t items) {
  const Step& step = state.runs.at(lease.step.run).steps.at(lease.step.step);
  return step.item_seconds.value_or(0) * static_cast<double>(items);
}

/// The items of a running lease that no call has begun yet, at least.
std::uint64_t unstarted(const State& state, const Lease& lease) {
  const Run& run = state.runs.at(lease.step.run);
  const std::uint64_t call = std::max(1U, run.plan->steps.at(lease.step.step).options.batch);
  return lease.items.size() - std::min(lease.items.size(), call);
}

/// The lease of a slot that starts last, where it does not start soon: the one that waits, or of
/// the one that runs what it has not begun. Null where there is none.
Lease* recallable(State& state, const Slot& slot) {
  if (slot.leases.empty()) return nullptr;
  Lease& first = state.leases.at(slot.leases.front());
  Lease& last = state.leases.at(slot.leases.back());
  if (last.release_asked || last.void_) return nullptr;
  const bool waits = slot.leases.size() > 1;
  const std::uint64_t items = waits ? first.items.size() : unstarted(state, first);
  return seconds_of(state, first, items) >= recall_above ? &last : nullptr;
}

/// The leases that may be called back: first those that wait, then those that run, the oldest
/// first. An old one that runs is with a slow slot.
std::vector<Lease*> recallable(State& state) {
  std::vector<std::pair<bool, Lease*>> all;
  for (auto& [id, agent] : state.agents) {
    if (!agent.session || !agent.session->welcomed) continue;
    for (auto& [number, slot] : agent.slots) {
      if (Lease* lease = recallable(state, slot)) all.emplace_back(slot.leases.size() == 1, lease);
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first, a.second->id) < std::tuple(b.first, b.second->id);
  });
  std::vector<Lease*> leases;
  leases.reserve(all.size());
  for (const auto& [runs, lease] : all) leases.push_back(lease);
  return leases;
}

/// One call of grant_leases(): what is found out once, for all runs and slots. It happens at every
/// event, so nothing here may cost slots times runs.
class Granting {
 public:
  explicit Granting(Turn& turn) : turn_(turn), rooms_(rooms(turn.state)) {}

  bool any_room() const { return !rooms_.empty(); }

  /// Gives the step its next lease; false where no slot has room for it.
  bool grant(Candidate& candidate) {
    const auto due = retries_due(turn_.state, candidate.step(), turn_.now, retries_looked_at);
    for (const ItemIndex item : due) {
      const RetryPlace place(turn_.state, candidate.step(), candidate.plan(),
                             candidate.step().charged.at(item), turn_.now);
      const auto room = room_for(candidate, &place);
      if (room == rooms_.end()) continue;
      order_retry(candidate, *room, item);
      fill(candidate, room);
      return true;
    }
    if (!has_free(candidate.step())) return false;
    const auto room = room_for(candidate, nullptr);
    if (room == rooms_.end()) return false;
    order_free(candidate, *room);
    fill(candidate, room);
    return true;
  }

  /// Calls back leases, or what is left of them, one for each slot that idles and could run them.
  void recall() {
    auto leases = recallable(turn_.state);
    // Of a step that has all its slots, none idles.
    std::erase_if(leases, [&](const Lease* each) {
      const Run& run = turn_.state.runs.at(each->step.run);
      return at_its_limit(run.plan->steps.at(each->step.step), each->step);
    });
    for (auto idle = rooms_.begin(); idle != rooms_.end() && !leases.empty(); ++idle) {
      if (!idle->leases().empty()) continue;
      const auto lease = std::find_if(leases.begin(), leases.end(),
                                      [&](const Lease* each) { return could_run(*each, *idle); });
      if (lease == leases.end()) continue;
      (*lease)->release_asked = true;
      turn_.tell_after_welcome(turn_.state.agents.at((*lease)->agent), wire::Release{(*lease)->id});
      leases.erase(lease);
    }
  }

 private:
  using Rooms = std::vector<Room>;

  bool fits(const Candidate& candidate, const Room& room) const {
    return !unfit(turn_.state, *room.agent, room.agent->slots.at(room.slot), candidate.step(),
                  candidate.plan(), turn_.now);
  }

  /// Could what the lease has run in the room?
  bool could_run(const Lease& lease, const Room& room) const {
    const Candidate candidate{&turn_.state.runs.at(lease.step.run), lease.step.step};
    if (!fits(candidate, room)) return false;
    const auto charged = candidate.step().charged.find(lease.items.front().first);
    if (charged == candidate.step().charged.end()) return true;
    return RetryPlace(turn_.state, candidate.step(), candidate.plan(), charged->second, turn_.now)
        .allows(*room.agent, room.slot);
  }

  /// The slots that hold leases of the step now.
  const std::set<Place>& slots_in_use(const StepRef& ref) {
    if (!in_use_) {
      in_use_.emplace();
      for (const auto& [id, lease] : turn_.state.leases)
        (*in_use_)[lease.step].emplace(lease.agent, lease.slot);
    }
    return (*in_use_)[ref];
  }

  /// Does the step have as many slots as its option `concurrency` allows?
  bool at_its_limit(const PlanStep& plan, const StepRef& ref) {
    const std::uint32_t concurrency = plan.options.concurrency;
    return concurrency > 0 && slots_in_use(ref).size() >= concurrency;
  }

  Rooms::iterator room_at(const Place& place) {
    const auto at =
        std::lower_bound(rooms_.begin(), rooms_.end(), place,
                         [](const Room& room, const Place& p) { return room.place() < p; });
    return at != rooms_.end() && at->place() == place ? at : rooms_.end();
  }

  /// A lease went to the room.
  void fill(const Candidate& candidate, Rooms::iterator room) {
    if (in_use_) (*in_use_)[candidate.ref()].insert(room->place());
    if (!has_room(turn_.state, room->leases())) rooms_.erase(room);
  }

  /// The first slot that idles and fits, else the first that fits; of a retry, where its place may
  /// be.
  Rooms::iterator room_for(const Candidate& candidate, const RetryPlace* place) {
    auto best = rooms_.end();
    const auto consider = [&](Rooms::iterator room) {
      if (best != rooms_.end() && best->leases().size() <= room->leases().size()) return;
      if (place != nullptr && !place->allows(*room->agent, room->slot)) return;
      if (fits(candidate, *room)) best = room;
    };
    if (at_its_limit(candidate.plan(), candidate.ref())) {
      for (const Place& used : slots_in_use(candidate.ref())) {
        if (const auto room = room_at(used); room != rooms_.end()) consider(room);
      }
      return best;
    }
    const Agent* passed_over = nullptr;
    for (auto room = rooms_.begin(); room != rooms_.end(); ++room) {
      if (room->agent == passed_over) continue;
      if (unfit(*room->agent, candidate.step(), candidate.plan(), turn_.now)) {
        passed_over = room->agent;
        continue;
      }
      consider(room);
      if (best != rooms_.end() && best->leases().empty()) break;
    }
    return best;
  }

  void order_retry(Candidate& candidate, const Room& room, ItemIndex item);
  void order_free(Candidate& candidate, const Room& room);
  void order(Candidate& candidate, const Room& room, SendGrant order);

  Turn& turn_;
  Rooms rooms_;  // By agent and slot.
  std::optional<std::map<StepRef, std::set<Place>>> in_use_;
};

void Granting::order_retry(Candidate& candidate, const Room& room, ItemIndex item) {
  SendGrant retry;
  retry.items = Range{item, item + 1};
  retry.attempts = {candidate.step().charged.at(item).attempts + 1};
  retry.largest_batch = 1;
  order(candidate, room, std::move(retry));
}

void Granting::order_free(Candidate& candidate, const Room& room) {
  if (candidate.fitting == 0) {
    candidate.fitting = fitting_slots(turn_.state, candidate.step(), candidate.plan(), turn_.now);
  }
  const LeaseCut cut = cut_lease(candidate.step(), candidate.plan(), candidate.fitting);
  SendGrant grant;
  grant.items = cut.items;
  grant.largest_batch = cut.largest_batch;
  order(candidate, room, std::move(grant));
}

/// Sends the order, whose items and calls are set, to the room.
void Granting::order(Candidate& candidate, const Room& room, SendGrant order) {
  order.agent = room.agent->id;
  order.session = room.agent->session->id;
  order.lease = LeaseId{turn_.state.epoch, turn_.state.next_lease++};
  order.opening = *candidate.step().opening;
  order.step = candidate.ref();
  order.plan = candidate.run->plan;
  order.slot = room.slot;
  Lease& lease = add_lease(
      turn_, Lease{order.lease, order.agent, order.slot, order.step, {}, order.items.size()});
  take(candidate.step(), lease, order.items);
  turn_.out.push_back(std::move(order));
}

}  // namespace

void grant_leases(Turn& turn) {
  if (turn.state.store_full || turn.state.runs.empty()) return;
  Granting granting(turn);
  if (!granting.any_room()) return;
  auto all = candidates(turn.state, turn.now);
  while (!all.empty() && granting.any_room()) {
    const auto next = next_in_line(all);
    if (!granting.grant(*next) || !has_work(turn.state, next->step(), turn.now)) all.erase(next);
  }
  granting.recall();
}

}  // namespace drover::scheduler
