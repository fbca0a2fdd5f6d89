#pragma once

#include <optional>
#include <string>

#include "scheduler/core/placement.hpp"
#include "scheduler/core/turn.hpp"

/// Which tasks agents offer, with which types, and which build of them a slot has loaded
/// (docs/decisions/0007).
namespace drover::scheduler {

/// Takes what the agent offers. The catalogue, which new runs are checked with, gets a signature
/// that is new once no other agent offers the one that it has.
void take_tasks(Turn& turn, Agent& agent, const wire::Hello& hello);

/// Takes which tasks the slot has as they were, where its agent said `before` before: runs that
/// were submitted until it first said so are older.
void take_older_tasks(const Turn& turn, const wire::SlotOffer& before, Slot& slot);

/// How a build of a task is called, as an agent tells it: a task that comes with Drover is of
/// Drover's.
std::string build_name(const std::string& task_build, const std::string& agent_build);

/// Takes what agents that are here offer where nobody offers what new runs were checked with so
/// far: an agent has left.
void offer_what_is_left(Turn& turn);

/// Are tasks being built anew? For changes_for at most: new runs wait that long for what they are
/// then.
bool tasks_change(const State& state, Instant now);

/// Why the agent's tasks, or those of one of its slots, do not do for the step; nothing where they
/// do.
std::optional<Unfit> task_unfit(const Agent& agent, const Step& step, const PlanStep& plan);
std::optional<Unfit> task_unfit(const State& state, const Agent& agent, const Slot& slot,
                                const Step& step, const PlanStep& plan, Instant now);

/// Does the agent offer the task with these types to new runs?
bool offers(const Agent& agent, const std::string& task, const std::string& hash);

/// Can the agent run the step, by its tasks? Where it offers them otherwise now, in a slot that has
/// loaded them as they were, if the step's run is older than that.
bool can_go_on(const Agent& agent, const Step& step, const PlanStep& plan);

}  // namespace drover::scheduler
