#include "scheduler/core/offered_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/types/signature.hpp"
#include "scheduler/core/service.hpp"

namespace drover::scheduler {
namespace {

/// The task's types as the agent offers them; null where it does not.
const std::string* newest(const Agent& agent, const std::string& task) {
  const auto found = agent.tasks.find(task);
  return found == agent.tasks.end() ? nullptr : &found->second.hash;
}

/// As the slot's worker has loaded them.
const std::string* loaded(const Agent& agent, const Slot& slot, const std::string& task) {
  const auto older = slot.offer.older_tasks.find(task);
  if (older == slot.offer.older_tasks.end()) return newest(agent, task);
  return older->second.empty() ? nullptr : &older->second;
}

bool is(const std::string* hash, const std::string& wanted) {
  return hash != nullptr && *hash == wanted;
}

/// Does a lease of the step run with what the slot has loaded? Whoever builds a task anew wants
/// runs that are submitted from then on to use it; a task that was not is the same for all.
bool runs_as_loaded(const Agent& agent, const Slot& slot, const Step& step,
                    const std::string& task) {
  if (!is(loaded(agent, slot, task), step.task_hash)) return false;
  const auto older = slot.older_before.find(task);
  return older == slot.older_before.end() || step.run_order < older->second;
}

/// Was the slot given a lease that makes it load its tasks anew?
bool will_load(const State& state, const Agent& agent, const Slot& slot) {
  if (slot.older_before.empty()) return false;
  return std::ranges::any_of(slot.leases, [&](const LeaseId& id) {
    const StepRef& ref = state.leases.at(id).step;
    const Run& run = state.runs.at(ref.run);
    const Step& step = run.steps.at(ref.step);
    const std::string& task = run.plan->steps.at(ref.step).task.name;
    return is(newest(agent, task), step.task_hash) && !runs_as_loaded(agent, slot, step, task);
  });
}

/// Is there a slot beside this one that can run the step, has its task as it was, and keeps it?
bool another_has(const State& state, const Slot& besides, const Step& step, const PlanStep& plan,
                 Instant now) {
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    for (const auto& [number, slot] : agent.slots) {
      if (&slot == &besides || out_of_service(slot, now)) continue;
      if (!runs_as_loaded(agent, slot, step, plan.task.name)) continue;
      if (!options_unfit(agent, slot, plan.options) && !will_load(state, agent, slot)) return true;
    }
  }
  return false;
}

/// Is the slot the last one that can go on with an older run, and can't once it has loaded its
/// tasks anew?
bool is_needed(const State& state, const Agent& agent, const Slot& slot, Instant now) {
  for (const auto& [id, run] : state.runs) {
    if (run.state != RunState::Running) continue;
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
      const Step& step = run.steps[i];
      if (step.state != StepState::Waiting && step.state != StepState::Running) continue;
      const PlanStep& plan = run.plan->steps[i];
      if (offers(agent, plan.task.name, step.task_hash)) continue;
      if (!runs_as_loaded(agent, slot, step, plan.task.name)) continue;
      if (options_unfit(agent, slot, plan.options)) continue;
      if (!another_has(state, slot, step, plan, now)) return true;
    }
  }
  return false;
}

/// Is there an agent, be it away for a moment, that offers the task with these types?
bool is_offered(const State& state, const std::string& task, const std::string& hash) {
  return std::ranges::any_of(state.agents, [&](const auto& entry) {
    const Agent& agent = entry.second;
    return (agent.session || agent.has_row) && is(newest(agent, task), hash);
  });
}

/// What an agent offers is what new runs are checked with, unless another one offers what they are
/// checked with so far.
void offer(Turn& turn, const std::string& name, const OfferedTask& task) {
  const auto known = turn.state.catalogue.find(name);
  if (known != turn.state.catalogue.end()) {
    const std::string hash = signature_hash(known->second);
    if (hash == task.hash || is_offered(turn.state, name, hash)) return;
  }
  auto signature = parse_signature(task.text);
  if (!signature) return;
  turn.save(SaveTask{name, task.text});
  turn.state.catalogue.insert_or_assign(name, std::move(*signature));
}

}  // namespace

void take_older_tasks(const Turn& turn, const wire::SlotOffer& before, Slot& slot) {
  const auto known = std::exchange(slot.older_before, {});
  for (const auto& [task, hash] : slot.offer.older_tasks) {
    const auto old = before.older_tasks.find(task);
    const bool is_known = old != before.older_tasks.end() && old->second == hash;
    slot.older_before[task] = is_known ? known.at(task) : turn.state.next_order;
  }
}

void take_tasks(Turn& turn, Agent& agent, const wire::Hello& hello) {
  agent.tasks.clear();
  if (hello.tasks_change && !agent.tasks_change) agent.tasks_change_since = turn.now;
  agent.tasks_change = hello.tasks_change;
  for (std::size_t i = 0; i < hello.tasks.size(); ++i) {
    const auto& text = hello.tasks[i];
    const auto signature = parse_signature(text);
    if (!signature) {
      agent.notes.push_back(
          fmt::format("a task was not understood: {}", signature.error().context));
      continue;
    }
    OfferedTask& task = agent.tasks[signature->name];
    const bool told = i < hello.task_builds.size();
    task = OfferedTask{signature_hash(*signature), text,
                       build_name(told ? hello.task_builds[i] : "", hello.build)};
    offer(turn, signature->name, task);
  }
}

std::string build_name(const std::string& task_build, const std::string& agent_build) {
  return task_build.empty() ? "drover " + agent_build : task_build;
}

void offer_what_is_left(Turn& turn) {
  for (const auto& [id, agent] : turn.state.agents) {
    if (!agent.session) continue;
    for (const auto& [name, task] : agent.tasks) offer(turn, name, task);
  }
}

bool tasks_change(const State& state, Instant now) {
  return std::ranges::any_of(state.agents, [&](const auto& entry) {
    const Agent& agent = entry.second;
    if (!agent.session || !agent.tasks_change_since) return false;
    // Also until the agent that has told of the new ones can be granted something.
    return (agent.tasks_change || !agent.session->welcomed) &&
           now - *agent.tasks_change_since < changes_for;
  });
}

bool offers(const Agent& agent, const std::string& task, const std::string& hash) {
  return is(newest(agent, task), hash);
}

bool can_go_on(const Agent& agent, const Step& step, const PlanStep& plan) {
  const std::string& task = plan.task.name;
  return offers(agent, task, step.task_hash) ||
         std::ranges::any_of(agent.slots, [&](const auto& entry) {
           const Slot& slot = entry.second;
           return runs_as_loaded(agent, slot, step, task) &&
                  !options_unfit(agent, slot, plan.options);
         });
}

std::optional<Unfit> task_unfit(const Agent& agent, const Step& step, const PlanStep& plan) {
  if (can_go_on(agent, step, plan)) return std::nullopt;
  return newest(agent, plan.task.name) != nullptr ? Unfit::OtherSignature : Unfit::NoTask;
}

std::optional<Unfit> task_unfit(const State& state, const Agent& agent, const Slot& slot,
                                const Step& step, const PlanStep& plan, Instant now) {
  const std::string& task = plan.task.name;
  const bool loads = will_load(state, agent, slot);
  if (!loads && runs_as_loaded(agent, slot, step, task)) return std::nullopt;
  if (offers(agent, task, step.task_hash)) {
    if (loads || !is_needed(state, agent, slot, now)) return std::nullopt;
    return Unfit::KeptForOlderRun;
  }
  return newest(agent, task) != nullptr ? Unfit::OtherSignature : Unfit::NoTask;
}

}  // namespace drover::scheduler
