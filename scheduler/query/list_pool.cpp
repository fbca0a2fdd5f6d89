#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/spelling.hpp"
#include "common/types/signature.hpp"
#include "common/workflow/diagnostic.hpp"
#include "scheduler/core/executing.hpp"
#include "scheduler/core/missing_task.hpp"
#include "scheduler/core/service.hpp"
#include "scheduler/query/asking.hpp"

namespace drover::scheduler {
namespace {

bool is_listed(const Agent& agent, Instant now) {
  return agent.session || agent.has_row || now - agent.heard < away_for;
}

wire::SlotRow row_of(const Asking& asking, const Agent& agent, std::uint32_t number,
                     const Slot& slot) {
  wire::SlotRow row{number, slot.offer.cpu, slot.offer.gpu, slot.offer.memory_bytes, ""};
  if (const EndingCall* call = ending_call(agent, slot)) {
    row.doing = fmt::format("ending {} {}", short_id(call->run, asking.store), call->step);
    return row;
  }
  if (slot.leases.empty()) return row;
  const StepRef& ref = asking.state().leases.at(slot.leases.front()).step;
  const Plan& plan = *asking.state().runs.at(ref.run).plan;
  row.doing = fmt::format("{} {}", short_id(ref.run, asking.store), plan.steps.at(ref.step).name);
  return row;
}

std::vector<std::string> offered_by(const State& state, const Signature& task) {
  const std::string hash = signature_hash(task);
  std::vector<std::string> names;
  for (const auto& [id, agent] : state.agents) {
    const auto offer = agent.tasks.find(task.name);
    if (agent.session && offer != agent.tasks.end() && offer->second.hash == hash) {
      names.push_back(agent.name);
    }
  }
  std::ranges::sort(names);
  return names;
}

/// Busy slots that have tasks with other types than those of now. Tasks that are not there now, as
/// they do not load, are others' to tell of.
void note_older(const Agent& agent, std::vector<std::string>& notes) {
  std::set<std::string> tasks;
  std::size_t slots = 0;
  for (const auto& [number, slot] : agent.slots) {
    if (slot.leases.empty()) continue;
    bool any = false;
    for (const auto& [name, hash] : slot.offer.older_tasks) {
      const auto now = agent.tasks.find(name);
      if (hash.empty() || now == agent.tasks.end() || now->second.hash == hash) continue;
      tasks.insert(fmt::format("'{}'", name));
      any = true;
    }
    slots += any ? 1 : 0;
  }
  if (slots == 0) return;
  const bool one = tasks.size() == 1;
  notes.push_back(fmt::format(
      "{} {} {} built anew: {} {} on with {} as {}, for runs from before", one ? "task" : "tasks",
      listed(std::vector(tasks.begin(), tasks.end())), one ? "was" : "were", counted(slots, "slot"),
      slots == 1 ? "goes" : "go", one ? "it" : "them", one ? "it was" : "they were"));
}

/// Tasks that new runs do not use here, as another agent has them with other types.
void note_tasks(const State& state, const Agent& agent, std::vector<std::string>& notes) {
  for (const auto& [name, task] : agent.tasks) {
    const auto known = state.catalogue.find(name);
    if (known == state.catalogue.end() || signature_hash(known->second) == task.hash) continue;
    const auto others = offered_by(state, known->second);
    if (others.empty()) continue;
    notes.push_back(
        fmt::format("task '{}' is not used by new runs: {} {} it with other types; all need the "
                    "same task library",
                    name, listed(others), others.size() == 1 ? "offers" : "offer"));
  }
}

wire::AgentRow row_of(const Asking& asking, const Agent& agent) {
  wire::AgentRow row;
  row.agent = agent.id;
  row.name = agent.name;
  row.incarnation = agent.incarnation;
  row.state = agent.session ? "connected" : "away";
  row.build = agent.build;
  for (const auto& [number, slot] : agent.slots)
    row.slots.push_back(row_of(asking, agent, number, slot));
  row.notes = agent.notes;
  if (agent.session) {
    note_tasks(asking.state(), agent, row.notes);
    note_older(agent, row.notes);
  }
  for (const auto& [number, slot] : agent.slots) {
    if (!out_of_service(slot, asking.view.now)) continue;
    row.notes.push_back(fmt::format("slot {} is out of service for another {}: {}", number,
                                    spoken(*slot.standing.out_until - asking.view.now),
                                    slot.standing.why));
  }
  row.labels = agent.labels;
  row.tasks = static_cast<std::uint32_t>(agent.tasks.size());
  const Duration silent = std::max(asking.view.now - agent.heard, Duration::zero());
  row.heard_seconds_ago = std::chrono::duration<double>(silent).count();
  return row;
}

tl::unexpected<Error> no_task(const std::string& name, const State& state) {
  std::vector<std::string> names;
  for (const auto& [known, signature] : state.catalogue) names.push_back(known);
  std::string text =
      fmt::format("there is no task '{}'{}", name,
                  names.empty() ? "; no agent has ever offered one" : did_you_mean(name, names));
  const auto why = why_missing(state, name);
  for (const auto& line : why) text += "\n  " + line;
  text += "\n  all:    drover tasks";
  if (why.empty()) text += "\n  yours:  drover down && drover up --tasks DIR";
  return fail(ErrorCode::NotFound, text);
}

}  // namespace

Result<wire::Agents> list_agents(const Asking& asking) {
  wire::Agents answer;
  for (const auto& [id, agent] : asking.state().agents) {
    if (is_listed(agent, asking.view.now)) answer.agents.push_back(row_of(asking, agent));
  }
  std::ranges::stable_sort(answer.agents, {}, &wire::AgentRow::name);
  return answer;
}

Result<wire::Tasks> list_tasks(const Asking& asking, const wire::ListTasks& request) {
  const State& state = asking.state();
  if (request.name && !state.catalogue.contains(*request.name))
    return no_task(*request.name, state);
  wire::Tasks answer;
  for (const auto& [name, signature] : state.catalogue) {
    if (request.name && name != *request.name) continue;
    wire::TaskRow row{name, to_string(signature), offered_by(state, signature), {}};
    if (row.agents.empty()) row.notes = why_missing(state, name);
    answer.tasks.push_back(std::move(row));
  }
  return answer;
}

wire::Pong ping(const Asking& asking) {
  wire::Pong pong;
  pong.version = asking.context.version;
  pong.epoch = asking.state().epoch;
  pong.uptime_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(asking.context.uptime).count());
  for (const auto& [id, agent] : asking.state().agents) {
    if (!agent.session) continue;
    ++pong.agents;
    pong.slots += static_cast<std::uint32_t>(agent.slots.size());
  }
  return pong;
}

}  // namespace drover::scheduler
