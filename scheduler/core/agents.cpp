#include "scheduler/core/agents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>

#include "common/plant.hpp"
#include "common/spelling.hpp"
#include "scheduler/core/ledger.hpp"
#include "scheduler/core/offered_tasks.hpp"
#include "scheduler/core/runs.hpp"

namespace drover::scheduler {
namespace {

void end_session(State& state, Agent& agent) {
  if (!agent.session) return;
  drop_held(state, agent.id, agent.session->id);
  agent.session.reset();
}

std::vector<LeaseId> leases_of(const State& state, const AgentId& agent) {
  std::vector<LeaseId> ids;
  for (const auto& [id, lease] : state.leases) {
    if (lease.agent == agent) ids.push_back(id);
  }
  return ids;
}

/// Where items of an agent that is gone run next; nowhere while there is no other.
std::string_view where_without(const State& state, const AgentId& gone) {
  const bool others = std::ranges::any_of(state.agents, [&](const auto& entry) {
    const Agent& agent = entry.second;
    return agent.id != gone && agent.session && !agent.slots.empty();
  });
  return others ? "elsewhere" : "";
}

/// Tells runs that items of theirs are with an agent no more.
void tell_runs(Turn& turn, const Agent& agent, const std::string& why,
               const std::map<RunId, std::uint64_t>& items, std::string_view where) {
  for (const auto& [run, count] : items) {
    const std::string word = turn.state.runs.at(run).plan->item_word;
    const std::string_view s = count == 1 ? "s" : "";
    const std::string then =
        where.empty() ? fmt::format("wait{} for a machine", s) : fmt::format("run{} {}", s, where);
    turn.save(SaveEvent{
        run, fmt::format("{} {}, its {} {}", agent.name, why, counted(count, word), then)});
  }
}

std::set<LeaseId> running_leases(const State& state, const Agent& agent) {
  std::set<LeaseId> ids;
  for (const auto& [number, slot] : agent.slots) {
    if (const Lease* lease = running_lease(state, slot)) ids.insert(lease->id);
  }
  return ids;
}

/// What an agent ran when it went may have taken it down. `items`, of the lease, stood first in
/// their slot: one alone is charged; of several nobody is, and they are granted in smaller leases,
/// so that one that takes its agents down stands alone in the end.
void blame(Turn& turn, const Agent& agent, Lease& lease, const IntervalSet& items,
           const std::string& why) {
  Step* step = running_step(turn.state, lease.step);
  if (step == nullptr) return;
  const std::uint64_t count = items.size();
  if (count == 1) {
    return charge(turn, *step, lease, items.front().first, Cause::AgentLost,
                  fmt::format("{} {} while it had this {}", agent.name, why,
                              turn.state.runs.at(lease.step.run).plan->item_word),
                  false, 0);
  }
  const StepOptions& options =
      turn.state.runs.at(lease.step.run).plan->steps.at(lease.step.step).options;
  const std::uint64_t largest =
      std::min<std::uint64_t>(std::max(1U, options.batch), (count + 1) / 2);
  std::uint64_t in_first_half = count / 2;
  for (const auto& range : items.ranges()) {
    const Range first{range.first, range.first + std::min(range.size(), in_first_half)};
    in_first_half -= first.size();
    suspect(*step, first, static_cast<std::uint32_t>(largest));
    suspect(*step, Range{first.last, range.last}, static_cast<std::uint32_t>(largest));
  }
}

/// The leases of an agent that is gone are open again. Tells the runs concerned, with `why`.
void free_leases(Turn& turn, const Agent& agent, const std::string& why, bool of_itself) {
  std::map<RunId, std::uint64_t> items;
  std::set<StepRef> steps;
  const auto running = running_leases(turn.state, agent);
  for (const auto& id : leases_of(turn.state, agent.id)) {
    Lease& lease = turn.state.leases.at(id);
    if (!lease.void_) {
      items[lease.step.run] += lease.items.size();
      steps.insert(lease.step);
      if (!of_itself && running.contains(id))
        blame(turn, agent, lease, IntervalSet(lease.items), why);
      give_back_all(turn.state, lease);
    }
    remove_lease(turn, id);
  }
  tell_runs(turn, agent, why, items, where_without(turn.state, agent.id));
  for (const auto& step : steps) settle(turn, step);
}

/// An agent that was started again begins anew: somebody may have mended the machine.
void take_offer(Turn& turn, Agent& agent, const wire::Hello& hello, bool fresh_start) {
  agent.name = hello.name;
  agent.build = hello.build;
  agent.labels = hello.labels;
  agent.notes = hello.notes;
  agent.progress = {};
  std::map<std::uint32_t, Slot> slots;
  for (const auto& offer : hello.slots) {
    const auto old = agent.slots.find(offer.slot);
    Slot& slot = slots[offer.slot];
    slot.offer = offer;
    slot.since = old == agent.slots.end() ? turn.now : old->second.since;
    if (old != agent.slots.end()) slot.older_before = std::move(old->second.older_before);
    take_older_tasks(turn, old == agent.slots.end() ? wire::SlotOffer{} : old->second.offer, slot);
    if (old == agent.slots.end() || fresh_start) continue;
    slot.standing = old->second.standing;
    slot.ending = std::move(old->second.ending);
    if (slot.ending) slot.ending->heard = false;  // Its heartbeats were of another session.
  }
  agent.slots = std::move(slots);
  // From the leases, not from the old slots: a slot that was off may still answer for some.
  for (const auto& [id, lease] : turn.state.leases) {
    if (lease.agent != agent.id) continue;
    if (const auto slot = agent.slots.find(lease.slot); slot != agent.slots.end()) {
      slot->second.leases.push_back(id);
    }
  }
  take_tasks(turn, agent, hello);
}

IntervalSet reported_items(const wire::LeaseReport& report) {
  IntervalSet items;
  for (const auto& range : report.held) items.insert(range);
  for (const auto& range : report.unanswered) items.insert(range);
  return items;
}

/// What we believe the agent holds and it does not report is not with it: it goes back. Returns how
/// much, by run. Where the agent was started again, what it ran before may be why.
std::map<RunId, std::uint64_t> free_unreported(Turn& turn, const Agent& agent,
                                               const wire::Hello& hello, bool fresh_start) {
  State& state = turn.state;
  std::map<RunId, std::uint64_t> freed;
  std::set<StepRef> steps;
  const auto running = running_leases(state, agent);
  for (const auto& id : leases_of(state, agent.id)) {
    Lease& lease = state.leases.at(id);
    if (lease.void_) continue;
    lease.release_asked = false;  // An answer to it died with the session.
    IntervalSet missing = lease.items;
    for (const auto& report : hello.report) {
      if (report.lease == id) missing.erase(reported_items(report));
    }
    if (!missing.empty()) {
      freed[lease.step.run] += missing.size();
      steps.insert(lease.step);
      if (fresh_start && running.contains(id))
        blame(turn, agent, lease, missing, "was started again");
    }
    for (const auto& range : missing.ranges()) give_back(state, lease, range);
    remove_if_empty(turn, id);
  }
  for (const auto& step : steps) settle(turn, step);
  return freed;
}

/// The parts of `items` that no lease has and that are still open.
std::vector<Range> unheld(const Step& step, Range items) {
  IntervalSet set;
  for (const auto& part : step.free.within(items)) set.insert(part);
  for (auto at = step.charged.lower_bound(items.first);
       at != step.charged.end() && at->first < items.last; ++at) {
    if (step.retry_queue.contains({at->second.due, at->first}))
      set.insert(Range{at->first, at->first + 1});
  }
  return set.ranges();
}

/// Of two leases of one item the newer wins: takes `items` from older leases, whose holders are
/// told.
void take_from_older(Turn& turn, const wire::LeaseReport& report, Range items) {
  std::vector<LeaseId> older;
  for (const auto& [id, lease] : turn.state.leases) {
    if (lease.step == StepRef{report.run, report.step} && !lease.void_ && id < report.lease)
      older.push_back(id);
  }
  for (const auto& id : older) {
    Lease& lease = turn.state.leases.at(id);
    const auto parts = lease.items.within(items);
    if (parts.empty()) continue;
    for (const auto& part : parts) give_back(turn.state, lease, part);
    const Agent& holder = turn.state.agents.at(lease.agent);
    turn.tell_after_welcome(holder, wire::Revoke{{wire::RevokedItems{id, parts}}});
    remove_if_empty(turn, id);
  }
}

/// Adopts what the agent reports of one lease and what is open; returns what it must stop.
std::vector<Range> adopt(Turn& turn, const Agent& agent, const wire::LeaseReport& report) {
  IntervalSet rest = reported_items(report);
  Lease* lease = current_lease(turn.state, report.lease, agent.id);
  if (lease != nullptr) rest.erase(lease->items);
  const StepRef ref{report.run, report.step};
  Step* step = running_step(turn.state, ref);
  // A lease made for another opening was computed from other inputs.
  if (step == nullptr || step->opening != report.opening ||
      (lease == nullptr && turn.state.leases.contains(report.lease))) {
    return rest.ranges();
  }
  for (const auto& range : rest.ranges()) take_from_older(turn, report, range);
  for (const auto& range : rest.ranges()) {
    for (const auto& part : unheld(*step, range)) {
      if (lease == nullptr) {
        Lease adopted{report.lease, agent.id, report.slot, ref, {}};
        adopted.adopted = true;
        lease = &add_lease(turn, std::move(adopted));
      }
      take(*step, *lease, part);
      lease->granted += part.size();
      rest.erase(part);
    }
  }
  if (planted(Plant::AdoptGrantedElsewhere) && lease != nullptr) {
    for (const auto& [id, other] : turn.state.leases) {
      if (other.step != ref || id == report.lease) continue;
      for (const auto& part : other.items.ranges()) {
        for (const auto& range : rest.within(part)) lease->items.insert(range);
      }
    }
  }
  return rest.ranges();
}

void lose(Turn& turn, Agent& agent) {
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(turn.now - agent.heard);
  if (!planted(Plant::LostKeepsLeases)) {
    free_leases(turn, agent, fmt::format("silent for {} s", silent.count()), false);
  }
  if (agent.session) turn.out.push_back(CloseSession{agent.id, agent.session->id});
  end_session(turn.state, agent);
  if (agent.has_row) turn.save(DropAgent{agent.id});
  agent.has_row = false;
  offer_what_is_left(turn);
}

}  // namespace

Agent* in_session(Turn& turn, const AgentId& agent, const SessionId& session) {
  const auto found = turn.state.agents.find(agent);
  if (found == turn.state.agents.end()) return nullptr;
  if (!found->second.session || found->second.session->id != session) return nullptr;
  found->second.heard = turn.now;
  return &found->second;
}

void on_hello(Turn& turn, const HelloReceived& event) {
  const wire::Hello& hello = event.hello;
  const SessionId session{hello.incarnation, hello.session};
  Agent& agent = turn.state.agents[hello.agent];
  agent.id = hello.agent;
  if (session.incarnation < agent.incarnation) return;  // A Hello of an earlier start, late.
  if (session <= agent.newest_session && !planted(Plant::AdoptSupersededSession))
    return;  // Or of an earlier session.

  end_session(turn.state, agent);
  const bool fresh_start = session.incarnation != agent.incarnation;
  agent.incarnation = session.incarnation;
  agent.session = Session{session, false};
  agent.newest_session = session;
  agent.heard = turn.now;
  if (!agent.has_row || fresh_start) {
    turn.save(SaveAgent{agent.id, agent.incarnation, hello.name});
    agent.has_row = true;
  }
  take_offer(turn, agent, hello, fresh_start);
  const auto freed = free_unreported(turn, agent, hello, fresh_start);
  if (fresh_start) tell_runs(turn, agent, "was started again", freed, "again");
  std::vector<wire::RevokedItems> revoked;
  for (const auto& report : hello.report) {
    auto stop = adopt(turn, agent, report);
    if (!stop.empty()) revoked.push_back(wire::RevokedItems{report.lease, std::move(stop)});
    if (Lease* lease = current_lease(turn.state, report.lease, agent.id))
      lease->executed = report.held.empty();
  }
  turn.state.awaited.erase(agent.id);
  turn.reveal_to(agent, wire::Welcome{hello.session, turn.state.epoch, std::move(revoked)});
}

void on_heartbeat(Turn& turn, const HeartbeatReceived& event) {
  Agent* agent = in_session(turn, event.agent, event.session);
  if (agent == nullptr) return;
  agent->progress = event.heartbeat;
  for (auto& [number, slot] : agent->slots) {
    if (slot.ending) slot.ending->heard = true;
  }
  turn.tell(*agent, wire::HeartbeatHeard{turn.state.epoch});
}

void on_goodbye(Turn& turn, const GoodbyeReceived& event) {
  Agent* agent = in_session(turn, event.agent, event.session);
  if (agent == nullptr) return;
  free_leases(turn, *agent, "left", true);
  turn.save(DropAgent{agent->id});
  turn.out.push_back(CloseSession{agent->id, agent->session->id});
  end_session(turn.state, *agent);
  turn.state.agents.erase(event.agent);
  offer_what_is_left(turn);
}

void on_session_closed(Turn& turn, const SessionClosed& event) {
  const auto agent = turn.state.agents.find(event.agent);
  if (agent == turn.state.agents.end() || !agent->second.session) return;
  if (agent->second.session->id != event.session) return;
  end_session(turn.state, agent->second);  // Its leases stay until it reports again, or is lost.
}

void check_silence(Turn& turn) {
  State& state = turn.state;
  for (auto& [id, agent] : state.agents) {
    if (state.awaited.contains(id)) continue;
    if (turn.now - agent.heard < lost_after) continue;
    // Also where it holds nothing: a row that stays makes every restart wait for it.
    if (agent.session || agent.has_row || !leases_of(state, id).empty()) lose(turn, agent);
  }
  if (!state.awaited.empty() && turn.now >= state.adopt_until) {
    for (const auto& id : state.awaited) {
      Agent& agent = state.agents.at(id);
      turn.save(DropAgent{id});
      agent.has_row = false;
    }
    state.awaited.clear();
  }
}

void forgive_stall(State& state, Duration stall, Instant now) {
  // One round of heartbeats on top: what agents sent meanwhile may still wait to be read. Who was
  // heard since the stall is not forgiven a silence to come.
  for (auto& [id, agent] : state.agents) {
    agent.heard = std::min(agent.heard + stall + heartbeat_every, now);
  }
  state.adopt_until += stall;
}

}  // namespace drover::scheduler
