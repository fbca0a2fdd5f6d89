#include "scheduler/core/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/spelling.hpp"

namespace drover::scheduler {
namespace {

Slot* slot_of(State& state, const AgentId& agent, std::uint32_t number) {
  const auto found = state.agents.find(agent);
  if (found == state.agents.end()) return nullptr;
  const auto slot = found->second.slots.find(number);
  return slot == found->second.slots.end() ? nullptr : &slot->second;
}

bool is_death(Cause cause) {
  return cause == Cause::Crash || cause == Cause::OutOfMemory || cause == Cause::Timeout;
}

bool is_evidence(Cause cause) { return is_death(cause) || cause == Cause::UserError; }

/// Would at least half of the slots still be in service without another one? Where most of them
/// fail it is the task that is at fault.
bool can_do_without(const State& state, Instant now) {
  std::size_t slots = 0;
  std::size_t out = 1;
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    slots += agent.slots.size();
    out += static_cast<std::size_t>(
        std::count_if(agent.slots.begin(), agent.slots.end(),
                      [&](const auto& slot) { return out_of_service(slot.second, now); }));
  }
  return 2 * out <= slots;
}

void put_out(Turn& turn, const Charges::Place& place, Slot& slot, const StepRef& ref) {
  const Agent& agent = turn.state.agents.at(place.agent);
  const Run& run = turn.state.runs.at(ref.run);
  Standing& standing = slot.standing;
  standing.rest = standing.rest == Duration::zero()
                      ? first_rest
                      : std::min<Duration>(2 * standing.rest, longest_rest);
  standing.out_until = turn.now + standing.rest;
  standing.why = fmt::format("{} failed in it and were done elsewhere",
                             counted(standing.failures, run.plan->item_word));
  turn.save(SaveEvent{run.id, fmt::format("{} slot {} is out of service for {}: {}", agent.name,
                                          place.slot, spoken(standing.rest), standing.why)});
  for (const auto& id : slot.leases) {
    Lease& lease = turn.state.leases.at(id);
    if (lease.release_asked || lease.void_) continue;
    lease.release_asked = true;
    turn.tell_after_welcome(agent, wire::Release{id});
  }
}

/// An item that failed in the place was done elsewhere.
void count_against(Turn& turn, const Charges::Place& place, const StepRef& ref) {
  Slot* slot = slot_of(turn.state, place.agent, place.slot);
  if (slot == nullptr || !is_evidence(place.cause)) return;
  Standing& standing = slot->standing;
  if (!place.at || (standing.last_done && *place.at <= *standing.last_done)) return;
  standing.failures += 1;
  if (is_death(place.cause)) standing.deaths += 1;
  const bool enough =
      standing.deaths >= deaths_done_elsewhere || standing.failures >= failures_done_elsewhere;
  if (!enough || out_of_service(*slot, turn.now) || !can_do_without(turn.state, turn.now)) return;
  put_out(turn, place, *slot, ref);
}

}  // namespace

bool out_of_service(const Slot& slot, Instant now) {
  return slot.standing.out_until && now < *slot.standing.out_until;
}

void judge_slots(Turn& turn, const Step& step, const Lease& lease, const IntervalSet& done) {
  if (Slot* slot = slot_of(turn.state, lease.agent, lease.slot)) {
    slot->standing = Standing{};
    slot->standing.last_done = turn.now;
  }
  for (const Range& range : done.ranges()) {
    for (auto at = step.charged.lower_bound(range.first);
         at != step.charged.end() && at->first < range.last; ++at) {
      std::set<std::pair<AgentId, std::uint32_t>> judged{{lease.agent, lease.slot}};
      for (const Charges::Place& place : at->second.places) {
        if (judged.emplace(place.agent, place.slot).second) count_against(turn, place, lease.step);
      }
    }
  }
}

}  // namespace drover::scheduler
