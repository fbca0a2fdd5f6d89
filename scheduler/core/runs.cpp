#include "scheduler/core/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/check.hpp"
#include "common/plant.hpp"
#include "common/spelling.hpp"
#include "common/types/signature.hpp"
#include "scheduler/core/deaths.hpp"
#include "scheduler/core/executing.hpp"
#include "scheduler/core/ledger.hpp"
#include "scheduler/core/list_sizes.hpp"

namespace drover::scheduler {
namespace {

const PlanStep& plan_of(const Run& run, std::uint32_t index) { return run.plan->steps.at(index); }

void end_step(Turn& turn, Run& run, std::uint32_t index, StepState state, std::string reason) {
  Step& step = run.steps[index];
  step.state = state;
  step.reason = reason;
  tell_deaths_in_all(turn, run, index);
  turn.save(SaveStepEnded{StepRef{run.id, index}, state, step.done, step.failed.size(),
                          step.skipped.size(), step.cancelled, std::move(reason), step.call_seconds,
                          step.slot_seconds});
}

/// Everything of the step that has not ended is cancelled; its leases are void until finish_run().
void cancel_open_items(Turn& turn, Run& run, std::uint32_t index) {
  Step& step = run.steps[index];
  step.cancelled += step.open_items();
  step.free.clear();
  step.retry_queue.clear();
  step.charged.clear();
  step.suspects.clear();
  for (auto& [id, lease] : turn.state.leases) {
    if (lease.step != StepRef{run.id, index} || lease.void_) continue;
    lease.void_ = true;
    lease.void_by = turn.state.next_seq;  // The end of the step, which is saved next.
  }
}

/// Did the first items to end all fail alike, where that many failures are too many anyway?
bool canary_fell(const Step& step, const PlanStep& plan) {
  return plan.map && plan.options.canary && !step.canary.over &&
         step.canary.failures >= canary_items &&
         plan.options.allow_failed.of(step.count) < step.count;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string canary_reason(const Run& run, std::uint32_t index) {
  constexpr std::size_t most = 200;
  const Step& step = run.steps[index];
  std::string text = first_line(step.canary.text);
  if (text.size() > most) {
    std::size_t end = most;
    while (end > 0 && (text[end] & '\xc0') == '\x80') --end;
    text = text.substr(0, end) + "…";
  }
  return fmt::format(
      "the first {} {}s all failed alike, so no other was tried (the option `canary: false` of the "
      "step tries them all): {}",
      step.canary.failures, run.plan->item_word, text);
}

std::string failed_reason(const Run& run, std::uint32_t index) {
  const PlanStep& plan = plan_of(run, index);
  const Step& step = run.steps[index];
  if (!plan.map) {  // Its one item failed, and says why; or did so in an earlier life.
    return step.canary.failures > 0 ? first_line(step.canary.text)
                                    : fmt::format("'{}' failed", plan.name);
  }
  const auto& allowed = plan.options.allow_failed;
  const auto limit = allowed.of(step.count);
  return fmt::format("{} of {} {}s failed, allowed {}", step.failed.size(), step.count,
                     run.plan->item_word,
                     allowed.is_share ? fmt::format("{:g} % ({})", allowed.share * 100, limit)
                                      : fmt::format("{}", limit));
}

/// What the step takes over from the run that this one repeats, if anything.
const TakenOver* taken_over(const Run& run, std::uint32_t index) {
  return index < run.taken_over.size() ? &run.taken_over[index] : nullptr;
}

void open_step(Turn& turn, Run& run, std::uint32_t index) {
  const PlanStep& plan = plan_of(run, index);
  Step& step = run.steps[index];
  const auto size = list_to_map(run, plan);
  step.state = StepState::Running;
  step.opened_at = turn.now;
  if (!size) {
    end_step(turn, run, index, StepState::Failed, size.error().context);
    return;
  }
  step.count = size->count;
  step.skipped = size->skipped;
  step.opening = OpeningId{turn.state.epoch, turn.state.next_seq};
  if (step.count > 0) step.free.insert(Range{0, step.count});
  step.free.erase(step.skipped);
  if (const TakenOver* old = taken_over(run, index); old != nullptr && old->count == step.count) {
    IntervalSet done = old->done;
    done.erase(step.skipped);
    step.done = done.size();
    step.free.erase(done);
    step.failed = old->failed;
    step.failed.erase(step.skipped);
    step.free.erase(step.failed);
    step.canary.over = step.done > 0;
  }
  turn.save(SaveOpening{StepRef{run.id, index}, *step.opening, step.count, step.skipped.ranges()});
}

/// Which step of another run may have done items of this one, if that is still to be found out.
std::optional<StepRef> to_reuse(const Run& run, std::uint32_t index) {
  if (!run.reuse || index >= run.reuse->steps.size() || !run.reuse->steps[index])
    return std::nullopt;
  return StepRef{run.reuse->from, *run.reuse->steps[index]};
}

bool inputs_ready(const Run& run, std::uint32_t index) {
  const auto& reads = plan_of(run, index).reads;
  return std::all_of(reads.begin(), reads.end(), [&](std::uint32_t read) {
    return run.steps[read].state == StepState::Succeeded;
  });
}

/// Ends the step if none of its items is open (or too many failed); true if it ended.
bool settle_step(Turn& turn, Run& run, std::uint32_t index) {
  Step& step = run.steps[index];
  if (step.state != StepState::Running) return false;
  const PlanStep& plan = plan_of(run, index);
  // What reads a plain step cannot do without its value, whatever the option says.
  const std::uint64_t allowed = plan.map ? plan.options.allow_failed.of(step.count) : 0;
  const bool exceeded = step.failed.size() > allowed;
  const bool hopeless = step.open_items() > 0 && canary_fell(step, plan);
  if (hopeless || (exceeded && plan.options.stop_when_exceeded))
    cancel_open_items(turn, run, index);
  const bool ends =
      planted(Plant::EndWithRetriable) && step.open_items() == step.retry_queue.size();
  if (step.open_items() > 0 && !ends) return false;
  if (hopeless || exceeded) {
    end_step(turn, run, index, StepState::Failed,
             hopeless ? canary_reason(run, index) : failed_reason(run, index));
    turn.reveal(FinishRun{run.id});
  } else {
    end_step(turn, run, index, StepState::Succeeded, "");
  }
  return true;
}

void end_run(Turn& turn, Run& run, RunState state, std::string reason) {
  run.state = state;
  run.reason = reason;
  run.ended_by = turn.save(SaveRunEnded{run.id, state, std::move(reason)});
  turn.reveal(Effect{RunEnded{run.id, state}});
  turn.reveal(FinishRun{run.id});
}

/// Ends the run if no step runs and none can open any more.
void settle_run(Turn& turn, Run& run) {
  if (run.state != RunState::Running) return;
  std::string failed;
  for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
    if (run.steps[i].state == StepState::Running || run.steps[i].seeks_reuse) return;
    if (run.steps[i].state == StepState::Failed && failed.empty()) {
      failed = fmt::format("step '{}': {}", plan_of(run, i).name, run.steps[i].reason);
    }
  }
  for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
    if (run.steps[i].state == StepState::Waiting) {
      end_step(turn, run, i, StepState::Cancelled, "a step that it reads failed");
    }
  }
  end_run(turn, run, failed.empty() ? RunState::Succeeded : RunState::Failed, failed);
}

/// Steps end, which opens steps, some of which end at once: until nothing moves.
void settle_steps(Turn& turn, Run& run) {
  for (bool moved = true; moved;) {
    moved = false;
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      Step& step = run.steps[i];
      if (step.state == StepState::Waiting && !step.seeks_reuse && inputs_ready(run, i)) {
        const auto from = to_reuse(run, i);
        const auto size = list_to_map(run, plan_of(run, i));
        if (from && size && size->count > 0) {
          step.seeks_reuse = true;
          turn.out.push_back(FindReuse{{run.id, i}, *from, run.plan, size->count});
        } else {
          open_step(turn, run, i);
          moved = true;
        }
      }
      moved = settle_step(turn, run, i) || moved;
    }
  }
  settle_run(turn, run);
}

/// A step that its parent run completed is taken over whole.
void take_over_complete(Turn& turn, Run& run, std::uint32_t index) {
  const TakenOver* old = taken_over(run, index);
  if (old == nullptr || !old->complete) return;
  Step& step = run.steps[index];
  step.count = old->count;
  step.done = old->done.size();
  step.failed = old->failed;
  step.skipped = old->skipped;
  step.list_size = old->list_size;
  step.opening = OpeningId{turn.state.epoch, turn.state.next_seq};
  turn.save(SaveOpening{StepRef{run.id, index}, *step.opening, step.count, step.skipped.ranges()});
  end_step(turn, run, index, StepState::Succeeded, "");
}

std::vector<std::string> step_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const auto& step : plan.steps) names.push_back(step.name);
  return names;
}

}  // namespace

void on_submitted(Turn& turn, const Submitted& event) {
  const auto known = turn.state.runs.find(event.run);
  if (known != turn.state.runs.end()) {
    if (*known->second.spec == *event.spec) {
      turn.reveal(Effect{ToClient{event.client, SubmitAccepted{event.run, true}}});
    } else {
      turn.reveal(Effect{
          ToClient{event.client,
                   SubmitRefused{fmt::format("run {} was submitted before with another workflow or "
                                             "other inputs; a new run needs a new id",
                                             to_string(event.run))}}});
    }
    return;
  }
  Run run;
  run.id = event.run;
  run.order = turn.state.next_order++;
  run.spec = event.spec;
  run.plan = event.plan;
  run.taken_over = event.taken_over;
  run.reuse = event.reuse;
  run.steps.resize(event.plan->steps.size());
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    run.steps[i].task_hash = signature_hash(event.plan->steps[i].task);
    run.steps[i].run_order = run.order;
  }
  turn.save(SaveRun{run.id, run.spec, run.plan->name, run.plan->results, step_names(*run.plan),
                    event.reuse ? event.reuse->from : event.parent, event.reuse.has_value()});
  if (event.parent && !event.taken_over.empty()) {
    turn.save(SaveTakeOver{run.id, *event.parent, event.taken_over});
  }
  if (event.reuse) turn.save(SaveReuse{run.id, event.reuse->from, event.reuse->steps});
  for (const auto& remark : event.remarks) turn.save(SaveEvent{run.id, remark});
  Run& stored = turn.state.runs.emplace(event.run, std::move(run)).first->second;
  turn.reveal(Effect{ToClient{event.client, SubmitAccepted{event.run, false}}});
  for (std::uint32_t i = 0; i < stored.steps.size(); ++i) take_over_complete(turn, stored, i);
  settle_steps(turn, stored);
}

void on_reuse_found(Turn& turn, const ReuseFound& event) {
  const auto found = turn.state.runs.find(event.step.run);
  if (found == turn.state.runs.end()) return;
  Run& run = found->second;
  Step& step = run.steps.at(event.step.step);
  const auto from = to_reuse(run, event.step.step);
  if (step.state != StepState::Waiting || !step.seeks_reuse || !from) return;  // Cancelled.
  step.seeks_reuse = false;
  run.reuse->steps[event.step.step].reset();
  turn.save(SaveMoved{event.step, *from, event.count, event.moved});
  TakenOver taken;
  taken.count = event.count;
  for (const MovedItems& part : *event.moved) taken.done.insert(part.items);
  if (taken.done.empty() && event.count > 0) {
    turn.save(SaveEvent{run.id, fmt::format("step '{}': none of its {} was done with the same "
                                            "inputs in the run that was to be reused",
                                            plan_of(run, event.step.step).name,
                                            counted(event.count, run.plan->item_word))});
  }
  run.taken_over.resize(run.steps.size());
  run.taken_over[event.step.step] = std::move(taken);
  settle_steps(turn, run);
}

void on_cancel(Turn& turn, const CancelRequested& event) {
  const auto found = turn.state.runs.find(event.run);
  if (found == turn.state.runs.end()) {
    turn.reveal(Effect{ToClient{event.client, CancelRefused{event.run, "the run has ended"}}});
    return;
  }
  Run& run = found->second;
  if (run.state == RunState::Running) {
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      const StepState state = run.steps[i].state;
      if (state != StepState::Running && state != StepState::Waiting) continue;
      if (state == StepState::Running) cancel_open_items(turn, run, i);
      end_step(turn, run, i, StepState::Cancelled, "cancelled");
    }
    end_run(turn, run, RunState::Cancelled, "cancelled");
  }
  const ToClient answer{event.client, CancelDone{run.id, run.state}};
  if (planted(Plant::CancelBeforeCommit)) return turn.out.push_back(answer);
  turn.reveal(Effect{answer});
}

void settle(Turn& turn, const StepRef& ref) {
  const auto run = turn.state.runs.find(ref.run);
  if (run == turn.state.runs.end() || run->second.state != RunState::Running) return;
  if (settle_step(turn, run->second, ref.step)) settle_steps(turn, run->second);
}

void fail_step(Turn& turn, const StepRef& ref, std::string reason) {
  Run& run = turn.state.runs.at(ref.run);
  cancel_open_items(turn, run, ref.step);
  end_step(turn, run, ref.step, StepState::Failed, std::move(reason));
  turn.reveal(FinishRun{run.id});
  settle_steps(turn, run);
}

void settle_all(Turn& turn) {
  for (auto& [id, run] : turn.state.runs) {
    // A rerun that was stopped between its first save and the openings of what it takes over.
    for (std::uint32_t i = 0; i < run.steps.size(); ++i) {
      if (run.steps[i].state == StepState::Waiting) take_over_complete(turn, run, i);
    }
    settle_steps(turn, run);
  }
}

void finish_run(Turn& turn, const RunId& id) {
  const auto run = turn.state.runs.find(id);
  if (run == turn.state.runs.end()) return;
  std::map<AgentId, wire::Revoke> revokes;
  std::vector<LeaseId> void_leases;
  for (const auto& [lease_id, lease] : turn.state.leases) {
    // What was made void later waits for its own commit.
    if (lease.step.run != id || !lease.void_ || lease.void_by > turn.state.committed) continue;
    revokes[lease.agent].revoked.push_back(wire::RevokedItems{lease_id, lease.items.ranges()});
    void_leases.push_back(lease_id);
    note_ending(turn.state, lease);
  }
  for (const auto& lease : void_leases) remove_lease(turn, lease);
  for (auto& [agent_id, revoke] : revokes) {
    const auto agent = turn.state.agents.find(agent_id);
    if (agent != turn.state.agents.end()) turn.tell_after_welcome(agent->second, std::move(revoke));
  }
  const bool ended = run->second.state != RunState::Running;
  if (ended && run->second.ended_by <= turn.state.committed) turn.state.runs.erase(run);
}

}  // namespace drover::scheduler
