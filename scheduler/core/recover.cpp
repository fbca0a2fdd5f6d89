#include <algorithm>

#include "common/check.hpp"
#include "common/plant.hpp"
#include "common/types/signature.hpp"
#include "scheduler/core/state.hpp"

namespace drover::scheduler {
namespace {

Step recover_step(const StoredStep& stored, const PlanStep& plan, Instant now) {
  Step step;
  step.state = stored.state;
  step.task_hash = signature_hash(plan.task);
  if (!stored.opening) return step;
  step.opening = stored.opening;
  step.of_older_life = true;
  step.opened_at = now;
  step.count = stored.count;
  step.done = planted(Plant::ForgetCounters) ? 0 : stored.done.size();
  step.canary.over = step.done > 0;
  step.failed = stored.failed;
  step.skipped = stored.skipped;
  step.list_size = stored.list_size;
  step.call_seconds = stored.call_seconds;
  step.slot_seconds = stored.slot_seconds;
  for (const auto& stream : stored.chunks) step.chunks[stream.lease] = stream.elements;
  if (stored.state != StepState::Running) {
    step.cancelled = step.count - step.done - step.failed.size() - step.skipped.size();
    return step;
  }
  if (step.count > 0) step.free.insert(Range{0, step.count});
  step.free.erase(stored.done);
  step.free.erase(stored.failed);
  step.free.erase(stored.skipped);
  for (const auto& [cause, count] : stored.deaths)
    step.deaths.at(static_cast<std::size_t>(cause)) = count;
  for (const auto& charge : stored.charges) {
    if (planted(Plant::ForgetAttempts)) break;
    Charges& charges = step.charged[charge.item];
    charges.attempts = std::max(charges.attempts, charge.attempt);
    charges.by_cause.at(static_cast<std::size_t>(charge.cause)) += 1;
    charges.places.push_back({charge.lease, charge.agent, charge.slot, charge.cause});
    charges.due = now;
  }
  for (const auto& [item, charges] : step.charged) {
    CHECK(step.free.contains(item), "a closed item {} has open charges", item);
    step.free.erase(Range{item, item + 1});
    step.retry_queue.emplace(charges.due, item);
  }
  return step;
}

}  // namespace

State recover(const Stored& stored, const std::map<RunId, std::shared_ptr<const Plan>>& plans,
              Instant now, std::uint64_t seed) {
  State state;
  state.epoch = stored.epoch;
  state.random = seed;
  if (planted(Plant::TimersNotRebuilt)) state.alarm = now;  // As though it were still to ring.
  for (const auto& row : stored.agents) {
    Agent& agent = state.agents[row.agent];
    agent.id = row.agent;
    agent.name = row.name;
    agent.incarnation = row.incarnation;
    agent.heard = now;
    agent.has_row = true;
    state.awaited.insert(row.agent);
  }
  for (const auto& text : stored.tasks) {
    if (auto signature = parse_signature(text)) {
      state.catalogue.insert_or_assign(signature->name, std::move(*signature));
    }
  }
  for (const auto& row : stored.runs) {
    const auto plan = plans.find(row.run);
    if (plan == plans.end()) continue;
    CHECK(row.steps.size() == plan->second->steps.size(), "run {} has {} stored steps, its plan {}",
          to_string(row.run), row.steps.size(), plan->second->steps.size());
    Run run;
    run.id = row.run;
    run.order = state.next_order++;
    run.spec = row.spec;
    run.plan = plan->second;
    run.taken_over = row.taken_over;
    run.reuse = row.reuse;
    for (std::size_t i = 0; i < row.steps.size(); ++i) {
      run.steps.push_back(recover_step(row.steps[i], run.plan->steps[i], now));
      run.steps.back().run_order = run.order;
    }
    state.runs.emplace(row.run, std::move(run));
  }
  return state;
}

}  // namespace drover::scheduler
