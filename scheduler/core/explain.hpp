#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/units.hpp"
#include "scheduler/core/placement.hpp"
#include "scheduler/core/state.hpp"

/// Why something is not running: the one value that every answer to this question is made of.
namespace drover::scheduler {

enum class ItemStatus : std::uint8_t {
  Waiting,
  Running,
  Retrying,
  Done,
  Failed,
  Skipped,
  Cancelled
};
std::string_view name_of(ItemStatus state);  ///< `waiting`, ...
std::optional<ItemStatus> item_status_named(std::string_view name);

/// Steps that it reads have not succeeded yet.
struct StepsBefore {
  std::vector<std::string> steps;
  bool failed = false;  ///< One of them did: this one will not start.
};
/// What of it is done in another run is being looked up.
struct SeeksReuse {
  RunId from;
};
/// After a restart: agents that may hold some of the items are not back yet.
struct AgentsToReturn {
  std::vector<std::string> agents;
  Duration at_most{};
};
struct StorageFull {};
/// So many items are retrying that nothing new is started until some of them end.
struct TooManyRetrying {
  std::uint64_t items = 0;
};
/// The step's own limit of slots is used up.
struct ConcurrencyReached {
  std::uint32_t slots = 0;
};
/// No agent is connected, or none that offers a slot.
struct NoSlots {
  std::uint32_t agents = 0;  ///< Connected all the same: their slots are out of service.
};
/// Agents are there, but none of them offers the task.
struct TaskNotOffered {
  std::string task;
  std::vector<std::string> away;  ///< Agents that offered it and do not answer now.
  std::vector<std::string> why;   ///< What did not load where agents are, see why_missing().
};
/// Slots that cannot run the step, all for one reason.
struct SlotsCannot {
  Unfit why = Unfit::NotConnected;
  std::uint32_t slots = 0;
  std::string detail;        ///< What is wanted, or who does not answer; may be empty.
  std::string anew;          ///< The command of a new run, where the task has other types now.
  std::uint32_t go_on = 0;   ///< Of a task that was built anew: slots that have it as it was.
  bool is_given_up = false;  ///< The step fails unless an agent comes that has it as it was.
  std::vector<std::string> not_loaded{};  ///< Why the task is not there, see why_missing().
};
/// Slots that could run the step and have other work, or more of the same.
struct SlotsBusy {
  struct With {
    RunId run;
    std::string step;
    std::uint32_t slots = 0;
  };
  std::uint32_t slots = 0;
  std::vector<With> with;  ///< The largest first.
};
/// Handed to a slot, which has other work before it.
struct NextInSlot {
  std::string agent;
  std::uint32_t slot = 0;
  std::uint64_t before = 0;  ///< Items.
};
/// Its next attempt starts after a pause.
struct BacksOff {
  Duration starts_in{};
};
/// Its last failure is not written yet; it is tried again once it is.
struct FailureNotWritten {};
/// The slots that are free are those on which it failed: for so long it waits for another one.
struct FailedThere {
  Duration left{};
};
/// A slot is free and nothing stands in the way: the next event starts it. After step() this is a
/// bug.
struct Ready {};

using WhyWaiting =
    std::variant<StepsBefore, SeeksReuse, AgentsToReturn, StorageFull, TooManyRetrying,
                 ConcurrencyReached, NoSlots, TaskNotOffered, SlotsCannot, SlotsBusy, NextInSlot,
                 BacksOff, FailureNotWritten, FailedThere, Ready>;

/// Why items of a step do not run, or that they do.
struct StepExplanation {
  StepState state = StepState::Waiting;
  std::uint64_t waiting = 0;  ///< Also those that a slot has and has not begun.
  std::uint64_t running = 0;  ///< That slots execute.
  std::uint64_t retrying = 0;
  std::uint32_t slots = 0;          ///< Of connected agents.
  std::uint32_t usable = 0;         ///< Of them, those that can run the step, busy or not.
  std::vector<WhyWaiting> reasons;  ///< Why the waiting and retrying ones wait. Not empty where
                                    ///< there are any.
};

/// Where one item is.
struct ItemExplanation {
  /// Nothing where the state cannot tell done from cancelled: the store can.
  std::optional<ItemStatus> state;
  std::uint32_t attempt = 1;  ///< The one that runs or comes next.
  std::string agent;          ///< Where it runs.
  std::uint32_t slot = 0;
  bool executing = false;  ///< As of the agent's last heartbeat; else the slot has it and has not
                           ///< said so.
  Duration silent{};       ///< How long that agent has not been heard; zero where it was lately.
  std::vector<WhyWaiting> reasons;  ///< Not empty where it is waiting or retrying.
};

/// Requires: the state has the run, and the run the step.
StepExplanation explain(const State& state, const StepRef& step, Instant now);

/// Requires: the same, and that the step has the item.
ItemExplanation explain_item(const State& state, const StepRef& step, ItemIndex item, Instant now);

/// Why no slot could run a step of this plan, were it open now; empty where one could, busy or not.
std::vector<WhyWaiting> why_nowhere(const State& state, std::shared_ptr<const Plan> plan,
                                    std::uint32_t step, Instant now);

/// Steps and items that nothing explains, each in words; for tests and the simulator. Empty after
/// every step(), else the core left something undone.
std::vector<std::string> unexplained(const State& state, Instant now);

}  // namespace drover::scheduler
