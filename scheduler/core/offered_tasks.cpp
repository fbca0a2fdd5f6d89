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
  return found == agent.tasks.end() ? nullptr : &found->second;
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
/// runs that are submitted from then on to use it.
bool runs_as_loaded(const Agent& agent, const Slot& slot, const Step& step,
                    const std::string& task) {
  if (slot.offer.older_tasks.empty()) return true;
  return step.run_order < slot.older_before && is(loaded(agent, slot, task), step.task_hash);
}

/// Was the slot given a lease that makes it load its tasks anew?
bool will_load(const State& state, const Agent& agent, const Slot& slot) {
  return std::ranges::any_of(slot.leases, [&](const LeaseId& id) {
    const StepRef& ref = state.leases.at(id).step;
    const Run& run = state.runs.at(ref.run);
    return !runs_as_loaded(agent, slot, run.steps.at(ref.step),
                           run.plan->steps.at(ref.step).task.name);
  });
}

/// Is there a slot beside this one that has the step's task as it was, and keeps it?
bool another_has(const State& state, const Slot& besides, const Step& step, const std::string& task,
                 Instant now) {
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    for (const auto& [number, slot] : agent.slots) {
      if (&slot == &besides || out_of_service(slot, now)) continue;
      if (is(loaded(agent, slot, task), step.task_hash) && !will_load(state, agent, slot))
        return true;
    }
  }
  return false;
}

/// Is the slot the last one that can go on with an older run?
bool is_needed(const State& state, const Slot& slot, Instant now) {
  for (const auto& [id, run] : state.runs) {
    if (run.state != RunState::Running || run.order >= slot.older_before) continue;
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
      const Step& step = run.steps[i];
      if (step.state != StepState::Waiting && step.state != StepState::Running) continue;
      const std::string& task = run.plan->steps[i].task.name;
      const auto older = slot.offer.older_tasks.find(task);
      if (older == slot.offer.older_tasks.end() || older->second != step.task_hash) continue;
      if (!another_has(state, slot, step, task, now)) return true;
    }
  }
  return false;
}

/// Another agent that is here and offers the task with these types.
bool another_offers(const State& state, const Agent& besides, const std::string& task,
                    const std::string& hash) {
  return std::ranges::any_of(state.agents, [&](const auto& entry) {
    const Agent& agent = entry.second;
    return agent.id != besides.id && agent.session && is(newest(agent, task), hash);
  });
}

}  // namespace

void take_tasks(Turn& turn, Agent& agent, const wire::Hello& hello) {
  State& state = turn.state;
  agent.tasks.clear();
  if (hello.tasks_change && !agent.tasks_change) agent.tasks_change_since = turn.now;
  agent.tasks_change = hello.tasks_change;
  for (const auto& text : hello.tasks) {
    auto signature = parse_signature(text);
    if (!signature) {
      agent.notes.push_back(
          fmt::format("a task was not understood: {}", signature.error().context));
      continue;
    }
    std::string name = signature->name;
    agent.tasks[name] = signature_hash(*signature);
    const auto known = state.catalogue.find(name);
    if (known != state.catalogue.end() &&
        (known->second == *signature ||
         another_offers(state, agent, name, signature_hash(known->second)))) {
      continue;
    }
    turn.save(SaveTask{name, text});
    state.catalogue.insert_or_assign(std::move(name), std::move(*signature));
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

bool offers(const Agent& agent, const std::string& task, const std::string& hash,
            std::uint64_t run_order) {
  return is(newest(agent, task), hash) || std::ranges::any_of(agent.slots, [&](const auto& entry) {
           const Slot& slot = entry.second;
           return run_order < slot.older_before && is(loaded(agent, slot, task), hash);
         });
}

std::optional<Unfit> task_unfit(const Agent& agent, const Step& step, const PlanStep& plan) {
  const std::string& task = plan.task.name;
  if (offers(agent, task, step.task_hash, step.run_order)) return std::nullopt;
  return newest(agent, task) != nullptr ? Unfit::OtherSignature : Unfit::NoTask;
}

std::optional<Unfit> task_unfit(const State& state, const Agent& agent, const Slot& slot,
                                const Step& step, const PlanStep& plan, Instant now) {
  const std::string& task = plan.task.name;
  const std::string* offered = newest(agent, task);
  if (!slot.offer.older_tasks.empty()) {
    if (runs_as_loaded(agent, slot, step, task) && !will_load(state, agent, slot))
      return std::nullopt;
    if (is(offered, step.task_hash) && !will_load(state, agent, slot) &&
        is_needed(state, slot, now)) {
      return Unfit::KeptForOlderRun;
    }
  }
  if (is(offered, step.task_hash)) return std::nullopt;
  return offered != nullptr ? Unfit::OtherSignature : Unfit::NoTask;
}

}  // namespace drover::scheduler
