#include "scheduler/core/retry_place.hpp"

#include <algorithm>

#include "scheduler/core/placement.hpp"

namespace drover::scheduler {
namespace {

bool failed_on(const Charges& charges, const Agent& agent) {
  return std::any_of(charges.places.begin(), charges.places.end(),
                     [&](const Charges::Place& place) { return place.agent == agent.id; });
}

bool failed_in(const Charges& charges, const Agent& agent, std::uint32_t slot) {
  return std::any_of(
      charges.places.begin(), charges.places.end(),
      [&](const Charges::Place& place) { return place.agent == agent.id && place.slot == slot; });
}

}  // namespace

RetryPlace::RetryPlace(const State& state, const Step& step, const PlanStep& plan,
                       const Charges& charges, Instant now)
    : charges_(charges) {
  const Instant until = charges.due + retry_elsewhere_within;
  if (now >= until) return;
  bool other_slot = false;
  for (const auto& [id, agent] : state.agents) {
    const bool other_agent = !failed_on(charges, agent);
    if (!other_agent && other_slot) continue;
    for (const auto& [number, slot] : agent.slots) {
      if (!other_agent && failed_in(charges, agent, number)) continue;
      if (unfit(state, agent, slot, step, plan, now)) continue;
      other_slot = true;
      if (!other_agent) break;
      avoids_ = Avoids::Agents;
      left_ = until - now;
      return;
    }
  }
  if (!other_slot) return;
  avoids_ = Avoids::Slots;
  left_ = until - now;
}

bool RetryPlace::allows(const Agent& agent, std::uint32_t slot) const {
  switch (avoids_) {
    case Avoids::Nothing:
      return true;
    case Avoids::Slots:
      return !failed_in(charges_, agent, slot);
    case Avoids::Agents:
      return !failed_on(charges_, agent);
  }
  return true;
}

}  // namespace drover::scheduler
