#include "scheduler/core/other_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/spelling.hpp"
#include "scheduler/core/offered_tasks.hpp"
#include "scheduler/core/runs.hpp"

namespace drover::scheduler {
namespace {

bool is_here(const Agent& agent, Instant now) {
  return agent.session && agent.session->welcomed && now - agent.heard < suspect_after;
}

bool may_come_back(const Agent& agent, Instant now) {
  return agent.session || agent.has_row || now - agent.heard < away_for;
}

/// Of agents that have the task with other types only, is one here; and can none of those that have
/// it go on?
template <class CanGoOn>
bool has_only_other_types(const State& state, const std::string& task, Instant now,
                          CanGoOn can_go_on) {
  if (!state.awaited.empty()) return false;
  bool others = false;
  for (const auto& [id, agent] : state.agents) {
    if (can_go_on(agent) && may_come_back(agent, now)) return false;
    others = others || (agent.tasks.contains(task) && is_here(agent, now));
  }
  return others;
}

/// Of two texts of lines the first of each that the other does not have there.
std::pair<std::string, std::string> first_difference(std::string_view a, std::string_view b) {
  const auto take_line = [](std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
  };
  while (!a.empty() || !b.empty()) {
    const auto in_a = take_line(a), in_b = take_line(b);
    if (in_a != in_b) return {std::string(in_a), std::string(in_b)};
  }
  return {};
}

/// Did the step wait for long enough for its task as it was?
bool is_given_up(const State& state, Step& step, const PlanStep& plan, Instant now) {
  if (step.state != StepState::Running || step.leases > 0 ||
      !has_only_other_types(state, step, plan, now)) {
    step.other_types_since.reset();
    return false;
  }
  if (!step.other_types_since) step.other_types_since = now;
  return now - *step.other_types_since >= other_types_for;
}

std::string reason(const State& state, const Run& run, const Signature& task) {
  return fmt::format(
      "its task '{}' has had other types for {}: {}; a new run takes it as it is ({}), "
      "or build it as it was: a rerun keeps what is done",
      task.name, spoken(other_types_for), then_and_now(state, task), run_command(*run.spec));
}

}  // namespace

std::string run_command(const RunSpec& spec) {
  std::string command = "drover run " + shell_word(spec.file);
  for (const auto& [name, value] : spec.inputs) {
    if (!name.starts_with('-')) command += " -i " + shell_word(fmt::format("{}={}", name, value));
  }
  return command;
}

bool has_only_other_types(const State& state, const Step& step, const PlanStep& plan, Instant now) {
  return has_only_other_types(state, plan.task.name, now,
                              [&](const Agent& agent) { return can_go_on(agent, step, plan); });
}

bool has_only_other_types(const State& state, const Signature& task, Instant now) {
  return has_only_other_types(state, task.name, now, [&](const Agent& agent) {
    return offers(agent, task.name, signature_hash(task));
  });
}

std::string then_and_now(const State& state, const Signature& task) {
  const auto known = state.catalogue.find(task.name);
  if (known == state.catalogue.end()) return "then " + first_line(task);
  const auto [then, now] = first_difference(to_string(task), to_string(known->second));
  return fmt::format("then {}, now {}", then, now);
}

void fail_steps_of_other_types(Turn& turn) {
  std::vector<StepRef> given_up;
  for (auto& [id, run] : turn.state.runs) {
    if (run.state != RunState::Running) continue;
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      if (is_given_up(turn.state, run.steps[i], run.plan->steps[i], turn.now))
        given_up.push_back({id, i});
    }
  }
  for (const StepRef& step : given_up) {
    const Run& run = turn.state.runs.at(step.run);
    fail_step(turn, step, reason(turn.state, run, run.plan->steps[step.step].task));
  }
}

}  // namespace drover::scheduler
