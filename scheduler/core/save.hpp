#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/causes.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/wire/messages.hpp"

/// What the core asks the store to keep. Plain values; the store (scheduler/store) turns them into
/// rows.
namespace drover::scheduler {

/// What a client submitted, word for word: with it the same plan can be made again after a restart.
struct RunSpec {
  std::string file;                           ///< Name of the workflow's file, for messages.
  std::string text;                           ///< The workflow, YAML.
  std::map<std::string, std::string> inputs;  ///< As given with -i.
  std::string working_directory;              ///< The client's; relative uris start here.
  std::vector<std::string> tasks;  ///< Signatures of the tasks that the workflow uses, as checked.
  std::string submitted_by;        ///< user@host, for people.

  bool operator==(const RunSpec&) const = default;
};

enum class RunState : std::uint8_t { Running = 1, Succeeded = 2, Failed = 3, Cancelled = 4 };
enum class StepState : std::uint8_t {
  Waiting = 0,
  Running = 1,
  Succeeded = 2,
  Failed = 3,
  Cancelled = 4
};
std::string_view name_of(RunState state);   ///< `running`, ...
std::string_view name_of(StepState state);  ///< `waiting`, ...

struct SaveRun {
  RunId run;
  std::shared_ptr<const RunSpec> spec;
  std::string name;     ///< The workflow's.
  std::string results;  ///< URI of the results folder, this run's part not yet appended.
  std::vector<std::string> step_names;  ///< In the plan's order: step i is row i.
  std::optional<RunId> parent;          ///< The run this one is a rerun of, or reuses items of.
  bool reuses = false;                  ///< It is no rerun.
};

/// The step opens with `count` items, or 1 for a plain step. `skipped` items failed in the step
/// before.
struct SaveOpening {
  StepRef step;
  OpeningId opening;
  std::uint64_t count = 0;
  std::vector<Range> skipped;
};

/// Accepted results: `items`, a part of `results`, of which `done` have a value (the others failed
/// and have a SaveFailure of their own, or were not accepted).
struct SaveResults {
  StepRef step;
  AgentId agent;
  std::uint32_t slot = 0;
  std::vector<Range> done;
  std::shared_ptr<const wire::Results> results;
  std::string build{};  ///< Of the task that gave them; see build_name().
};

/// A part of the list that a plain step returns. The same chunk twice is one chunk.
struct SaveChunk {
  StepRef step;
  std::shared_ptr<const wire::PutChunk> chunk;
};

/// The list of a plain step is complete: the chunks of `lease` are its value, those of other leases
/// are dropped.
struct SaveList {
  StepRef step;
  LeaseId lease;
  std::uint64_t size = 0;
};

/// An attempt at an item failed. `final`: the item is failed; else it is tried again.
struct SaveFailure {
  StepRef step;
  ItemIndex item = 0;
  std::uint32_t attempt = 1;
  LeaseId lease;
  AgentId agent;
  std::uint32_t slot = 0;
  Cause cause = Cause::UserError;
  std::string signature;  ///< Failures of one signature are one group.
  std::string text;
  float seconds = 0;
  bool final = false;
};

struct SaveStepEnded {
  StepRef step;
  StepState state = StepState::Succeeded;
  std::uint64_t done = 0, failed = 0, skipped = 0, cancelled = 0;
  std::string reason;
  double call_seconds = 0;  ///< Attempts took, of leases whose time in a slot is known;
  double slot_seconds = 0;  ///< which is this. Both since the newest start of the scheduler.
};

struct SaveRunEnded {
  RunId run;
  RunState state = RunState::Succeeded;
  std::string reason;
};

/// What a rerun takes over of one step of its parent.
struct TakenOver {
  bool complete = false;  ///< The step succeeded: its result is the parent's.
  std::uint64_t count = 0;
  IntervalSet done;
  IntervalSet failed;  ///< Stay failed; empty where failed items are run again.
  IntervalSet skipped;
  std::optional<std::uint64_t> list_size;
};

/// A rerun begins with results of its parent: those of `done`, the failures of `failed` and the
/// lists of complete plain steps become its own, once the step opens. Opening a step with another
/// count takes over nothing, and an item that is skipped then is not taken over.
struct SaveTakeOver {
  RunId run;
  RunId parent;
  std::vector<TakenOver> steps;  ///< In the plan's order.
};

/// A new run may take over items of steps of another one, each once its inputs are known: those
/// that are done there with the same inputs.
struct SaveReuse {
  RunId run;
  RunId from;
  std::vector<std::optional<std::uint32_t>> steps;  ///< By step of the run: which one of `from`.
};

/// Items that are done in another run with the same inputs, each `from` on for the first of
/// `items`.
struct MovedItems {
  Range items;
  ItemIndex from = 0;
  bool operator==(const MovedItems&) const = default;
};

/// What a step takes over so, before it opens with `count` items; ends what SaveReuse said of it.
struct SaveMoved {
  StepRef step;
  StepRef from;
  std::uint64_t count = 0;
  std::shared_ptr<const std::vector<MovedItems>> moved;  ///< Ascending, disjoint.
};

/// An agent joined (or came back as a new incarnation).
struct SaveAgent {
  AgentId agent;
  std::uint64_t incarnation = 0;
  std::string name;
};

/// An agent left for good.
struct DropAgent {
  AgentId agent;
};

/// A task that some agent offers, or offered.
struct SaveTask {
  std::string name;
  std::string signature;  ///< Text.
};

/// Something worth telling in `drover show`. The store adds the wall time.
struct SaveEvent {
  RunId run;
  std::string text;
};

struct Save {
  std::uint64_t seq = 0;  ///< Grows by one with each save of one life.
  std::variant<SaveRun, SaveOpening, SaveResults, SaveChunk, SaveList, SaveFailure, SaveStepEnded,
               SaveRunEnded, SaveTakeOver, SaveReuse, SaveMoved, SaveAgent, DropAgent, SaveTask,
               SaveEvent>
      what;
};

// ------------------------------------------------------------------ what a start finds

struct StoredCharge {
  ItemIndex item = 0;
  std::uint32_t attempt = 1;
  Cause cause = Cause::UserError;
  LeaseId lease;
  AgentId agent;
  std::uint32_t slot = 0;
};

/// What one lease of a plain step has stored of its list.
struct StoredChunks {
  LeaseId lease;
  IntervalSet elements;
};

struct StoredStep {
  StepState state = StepState::Waiting;
  std::optional<OpeningId> opening;  ///< Set once it opened.
  std::uint64_t count = 0;           ///< Items; 1 for a plain step.
  IntervalSet done, failed, skipped;
  std::vector<StoredCharge>
      charges;  ///< Of items that are still open, in order of item and attempt.
  std::optional<std::uint64_t> list_size;     ///< Of a plain step that returned a list.
  std::vector<StoredChunks> chunks{};         ///< Of a plain step whose list is not complete.
  double call_seconds = 0, slot_seconds = 0;  ///< Of a step that ended.
  /// Calls of one item under which a worker died, since it opened: of a step that has not ended.
  std::map<Cause, std::uint64_t> deaths{};
};

/// What SaveReuse said of steps that it still holds for.
struct Reuse {
  RunId from;
  std::vector<std::optional<std::uint32_t>> steps;  ///< By step of the run: which one of `from`.
};

/// A run that had not ended.
struct StoredRun {
  RunId run;
  std::shared_ptr<const RunSpec> spec;
  std::optional<RunId> parent;
  std::uint64_t order = 0;  ///< Runs were submitted in this order.
  std::vector<StoredStep> steps;
  /// What SaveTakeOver said of steps that have not opened yet; empty, or one per step.
  std::vector<TakenOver> taken_over{};
  std::optional<Reuse> reuse{};
};

struct StoredAgent {
  AgentId agent;
  std::uint64_t incarnation = 0;
  std::string name;
};

/// All that a start needs; it holds ranges, never values.
struct Stored {
  Epoch epoch = 0;  ///< Of this start: larger than any before, committed already.
  std::vector<StoredAgent> agents;
  std::vector<std::string> tasks;  ///< Signatures as text, sorted.
  std::vector<StoredRun> runs;     ///< Unfinished ones, in order.
};

}  // namespace drover::scheduler
