#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduler/core/step.hpp"
#include "tests/sim/durable_model.hpp"
#include "tests/sim/facts.hpp"

namespace drover::sim {

/// Watches a scheduler core from outside: what it accepts, what it grants, and what it tells before
/// it is durable.
class SchedulerChecks {
 public:
  SchedulerChecks(World& world, const Workload& workload, const DurableModel& model, Facts& facts)
      : world_(world), workload_(workload), model_(model), facts_(facts) {}

  void before(const scheduler::State& state, const scheduler::Event& event);
  void after(const scheduler::State& state, const scheduler::Event& event, Instant now,
             const scheduler::Effects& effects);
  /// The effect happens now: what it reveals must be durable.
  void revealing(const scheduler::State& state, const scheduler::Effect& effect);
  void new_life();

 private:
  /// What an answer to come will tell: items that are closed already, and charges.
  struct Telling {
    AgentId agent;
    scheduler::SessionId session;
    LeaseId lease;
    wire::Answered what;
    StepRef step;
    std::set<ItemIndex> closed;
    std::set<ItemIndex> charged;
  };

  void check_session(const scheduler::State& state, const AgentId& agent);
  void check_accepted(const scheduler::Effects& effects);
  void check_charge(const scheduler::SaveFailure& failure);
  void check_grant(const scheduler::State& state, const scheduler::SendGrant& grant);
  void check_revoked(const scheduler::State& state, const std::vector<wire::RevokedItems>& revoked);
  void note_telling(const scheduler::State& state, const AgentId& agent,
                    const scheduler::SessionId& session, const LeaseId& lease, wire::Answered what,
                    const std::vector<Range>& items, const scheduler::Effects& effects);
  void check_answer(const scheduler::ToAgent& to, const wire::Answer& answer);

  World& world_;
  const Workload& workload_;
  const DurableModel& model_;
  Facts& facts_;
  LeaseId sender_;            // The lease that the event at hand names.
  IntervalSet sender_items_;  // What it held before the event, where it was current.
  bool checked_event_ = false;
  /// What was alone with its agent, first in its slot, before an event that may end the agent.
  std::set<std::pair<LeaseId, ItemIndex>> alone_;
  std::deque<Telling> tellings_;
  std::map<AgentId, scheduler::SessionId> sessions_;  // the newest of each agent in this life
};

}  // namespace drover::sim
