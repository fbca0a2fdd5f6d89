#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// Why a slot cannot run a step; the first that holds, in this order. explain() shows these.
enum class Unfit : std::uint8_t {
  NotConnected,
  Silent,
  NoTask,
  OtherSignature,
  KeptForOlderRun,
  Label,
  OutOfService,
  Gpu,
  Cpu,
  Memory
};

/// Nothing where the slot can run the step (it may be busy); else why not.
std::optional<Unfit> unfit(const State& state, const Agent& agent, const Slot& slot,
                           const Step& step, const PlanStep& plan, Instant now);

/// Why the slot does not do for the step's options: labels and resources.
std::optional<Unfit> options_unfit(const Agent& agent, const Slot& slot,
                                   const StepOptions& options);

/// The same, of what all slots of the agent have in common.
std::optional<Unfit> unfit(const Agent& agent, const Step& step, const PlanStep& plan, Instant now);

/// Slots that can run the step, busy or not.
std::size_t fitting_slots(const State& state, const Step& step, const PlanStep& plan, Instant now);

/// Do the step's open items wait for agents that held some of them before a restart?
bool waits_for_agents(const State& state, const Step& step);

/// The first `most` items that are to be tried again now: their charges are durable and their
/// back-off is over.
std::vector<ItemIndex> retries_due(const State& state, const Step& step, Instant now,
                                   std::size_t most);

/// How many items the next lease of the step has, of those that are free (and not retrying).
///
/// One at first; then four times as many from lease to lease towards 250 ms of work, and never more
/// than half of a fair share of what is left.
struct LeaseCut {
  Range items;
  std::uint32_t largest_batch = 1;
};
/// Requires: the step has free items and `slots` > 0.
LeaseCut cut_lease(const Step& step, const PlanStep& plan, std::size_t slots);

}  // namespace drover::scheduler
