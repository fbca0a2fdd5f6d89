#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/columns.hpp"
#include "common/ids.hpp"
#include "common/result.hpp"
#include "common/types/describe.hpp"

/// What the scheduler answers clients; see client_messages.hpp.
namespace drover::wire {

/// The run is durable (or, after a dry run, would be taken).
struct Submitted {
  RunId run;
  std::string short_id;            ///< What is unique of it, at least four digits.
  std::string name;                ///< The workflow's.
  std::vector<std::string> steps;  ///< Names, in the order of the file.
  bool already = false;            ///< It was there before: this Submit was a repetition.
  /// What will make it wait, as things are: steps that no slot can run now, and why.
  std::vector<std::string> warnings;
  bool operator==(const Submitted&) const = default;
};
DROVER_STRUCT(Submitted, run, short_id, name, steps, already, warnings)

/// One thing that is wrong in a workflow or with its inputs.
struct Problem {
  std::string file;          ///< Empty for an input, see `subject`.
  std::uint32_t line = 0;    ///< From 1 on; 0 where it has no place in a file.
  std::uint32_t column = 0;  ///< From 1 on.
  std::uint32_t length = 0;  ///< Characters to mark.
  std::string subject;       ///< `step 'detections'`, `-i imgs`.
  std::string text;          ///< What is wrong, and what was expected.
  std::string excerpt;       ///< The line of the file.
  std::string hint;          ///< The way out, or empty.
  bool operator==(const Problem&) const = default;
};
DROVER_STRUCT(Problem, file, line, column, length, subject, text, excerpt, hint)

/// The workflow is wrong: nothing was started.
struct Rejected {
  std::string text;  ///< All problems as a person reads them.
  std::vector<Problem> problems;
  bool operator==(const Rejected&) const = default;
};
DROVER_STRUCT(Rejected, text, problems)

/// A step of which a new run would keep results that other builds of its task gave.
struct ChangedTask {
  std::string step;
  std::string task;
  std::uint64_t kept = 0;         ///< Items whose results would be kept.
  std::vector<std::string> then;  ///< The builds that gave them; some of them no agent has.
  std::vector<std::string> now;   ///< Those that agents have.
  bool operator==(const ChangedTask&) const = default;
};
DROVER_STRUCT(ChangedTask, step, task, kept, then, now)

/// Answers Submit and Rerun that ask: nothing was started.
struct ChangedTasks {
  std::string run;  ///< The one that has the results, shortened.
  std::vector<ChangedTask> steps;
  bool operator==(const ChangedTasks&) const = default;
};
DROVER_STRUCT(ChangedTasks, run, steps)

struct StepStatus {
  std::string name;
  std::string task;
  bool map = false;  ///< Else it runs once: a single item.
  std::string state;
  std::string reason;  ///< Why it waits or failed, or why its list is empty; may be empty.
  std::optional<std::uint64_t> total;  ///< Items; not known before the step opened.
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t retrying = 0;
  std::uint64_t running = 0;  ///< That slots execute.
  std::uint64_t waiting = 0;  ///< Also those that a slot has and has not begun.
  std::uint64_t skipped = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t kept = 0;  ///< Of `done`, taken over from the parent run.
  /// Results folders of the runs that made those, newest first: their result files stay there.
  std::vector<std::string> kept_in;
  std::vector<std::string> builds;   ///< Of its task, that gave its results.
  std::uint64_t list_size = 0;       ///< Elements of its result, where that is a list.
  std::uint64_t allowed_failed = 0;  ///< Items that may fail without failing the step.
  std::string allow_failed;          ///< As the workflow says it: `1%`; empty where it does not.
  std::uint32_t slots_in_use = 0;
  std::optional<std::int64_t> opened_ms;
  std::optional<std::int64_t> ended_ms;
  double seconds = 0;  ///< From opening to the end or to now, on the scheduler's monotonic clock.
  double item_seconds = 0;             ///< Attempts took, since the newest start of the scheduler.
  double slot_seconds = 0;             ///< Slots were held for that; 0: not known.
  std::vector<std::string> waits_for;  ///< Steps that must succeed first.
  bool operator==(const StepStatus&) const = default;
};
DROVER_STRUCT(StepStatus, name, task, map, state, reason, total, done, failed, retrying, running,
              waiting, skipped, cancelled, kept, kept_in, builds, list_size, allowed_failed,
              allow_failed, slots_in_use, opened_ms, ended_ms, seconds, item_seconds, slot_seconds,
              waits_for)

/// Failed items of a step whose errors are the same but for numbers, addresses and paths.
struct FailureGroup {
  std::string step;
  std::uint64_t count = 0;
  std::string cause;  ///< `user_error`, `crash`, ...
  std::string text;   ///< Of one of them.
  std::uint64_t example_item = 0;
  std::string example_key;
  bool operator==(const FailureGroup&) const = default;
};
DROVER_STRUCT(FailureGroup, step, count, cause, text, example_item, example_key)

struct RunEvent {
  std::int64_t at_ms = 0;
  std::string text;
  bool operator==(const RunEvent&) const = default;
};
DROVER_STRUCT(RunEvent, at_ms, text)

struct RunStatus {
  RunId run;
  std::string short_id;
  std::string name;  ///< The workflow's.
  std::string state;
  std::string reason;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> ended_ms;
  std::int64_t now_ms = 0;  ///< The scheduler's clock at this answer.
  double seconds = 0;       ///< From submit to the end or to now.
  std::string item_word;    ///< What one input is called: `image`; `item` by default.
  std::string results;      ///< URI of the run's results folder.
  std::string submitted_by;
  std::optional<RunId> parent;         ///< The run this one is a rerun of, or reuses items of.
  bool reuses = false;                 ///< It is no rerun.
  std::vector<std::string> outputs;    ///< Steps whose results are the run's.
  std::vector<StepStatus> steps;       ///< In the order of the file.
  std::vector<FailureGroup> failures;  ///< The largest first, at most 100.
  std::vector<RunEvent> events;        ///< The last 100, oldest first.
  std::uint32_t slots_total = 0;       ///< Of the pool.
  std::uint32_t slots_busy = 0;        ///< Of the pool, for whatever run.
  std::string anew;  ///< The command that submits the same again, where it has ended.
  bool operator==(const RunStatus&) const = default;
};
DROVER_STRUCT(RunStatus, run, short_id, name, state, reason, created_ms, ended_ms, now_ms, seconds,
              item_word, results, submitted_by, parent, reuses, outputs, steps, failures, events,
              slots_total, slots_busy, anew)

struct RunRow {
  RunId run;
  std::string short_id;
  std::string name;
  std::string state;
  std::string reason;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> ended_ms;
  double seconds = 0;
  std::string item_word;
  std::uint64_t total = 0;  ///< Items of all map steps that have opened.
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::string submitted_by;
  bool operator==(const RunRow&) const = default;
};
DROVER_STRUCT(RunRow, run, short_id, name, state, reason, created_ms, ended_ms, seconds, item_word,
              total, done, failed, submitted_by)

struct Runs {
  std::vector<RunRow> runs;
  bool operator==(const Runs&) const = default;
};
DROVER_STRUCT(Runs, runs)

struct ItemRow {
  std::uint64_t item = 0;  ///< Index.
  std::string key;
  std::string state;
  std::string reason;          ///< Why it failed, is retrying, or was skipped; may be empty.
  std::string cause;           ///< `user_error`, ...; empty where nothing failed.
  std::uint32_t attempts = 0;  ///< Started so far.
  std::string agent;           ///< Name; of the last attempt.
  std::uint32_t slot = 0;
  std::optional<double> seconds;           ///< Of the last attempt that ended.
  std::optional<double> retry_in_seconds;  ///< While it is retrying.
  bool operator==(const ItemRow&) const = default;
};
DROVER_STRUCT(ItemRow, item, key, state, reason, cause, attempts, agent, slot, seconds,
              retry_in_seconds)

struct Items {
  RunId run;
  std::string step;
  std::string item_word;
  std::uint64_t total = 0;  ///< Items of the step, in whatever state.
  std::vector<ItemRow> rows;
  std::optional<std::uint64_t>
      next;  ///< Give it as `after` for the next page; nil: this was the last.
  bool operator==(const Items&) const = default;
};
DROVER_STRUCT(Items, run, step, item_word, total, rows, next)

/// Elements `[first, first + columns.size())` of a step's results, each an encoded value
/// (docs/protocol.md, "Values"); an empty one has failed or was skipped.
struct ResultsPage {
  RunId run;
  std::string step;
  std::string type;  ///< Of one element, as common/types prints it.
  std::map<std::string, std::string>
      structs;        ///< Fields of every struct in it: Box → `{label: str, …}`.
  bool list = false;  ///< Is the result a list? Else it is the only element.
  std::uint64_t first = 0;
  std::uint64_t total = 0;  ///< Elements in all.
  Columns columns;
  std::vector<std::string> keys;  ///< Of the items of a map step, one per element; else empty.
  bool operator==(const ResultsPage&) const = default;
};
DROVER_STRUCT(ResultsPage, run, step, type, structs, list, first, total, columns, keys)

struct AttemptRow {
  std::uint32_t attempt = 1;
  std::string agent;
  std::uint32_t slot = 0;
  std::optional<std::int64_t> ended_ms;
  double seconds = 0;
  std::string cause;
  std::string text;
  std::string log;  ///< The command that prints what it wrote, as a line of the explanation has it.
  bool operator==(const AttemptRow&) const = default;
};
DROVER_STRUCT(AttemptRow, attempt, agent, slot, ended_ms, seconds, cause, text, log)

/// One reason why something waits: how many it stops, of what, and the way out.
struct Reason {
  std::string code;  ///< Stable, for programs: `no_gpu`, `concurrency`, `back_off`, ...
  std::uint64_t count = 0;
  std::string text;
  std::string hint;
  bool operator==(const Reason&) const = default;
};
DROVER_STRUCT(Reason, code, count, text, hint)

struct Explanation {
  std::vector<std::string> lines;  ///< All of it as a person reads it.
  std::string subject;             ///< Run, step or item.
  std::string state;
  std::vector<Reason> reasons;
  std::vector<AttemptRow> attempts;  ///< Of an item.
  bool operator==(const Explanation&) const = default;
};
DROVER_STRUCT(Explanation, lines, subject, state, reasons, attempts)

struct LogText {
  RunId run;
  std::string step;
  std::uint64_t item = 0;
  std::string key;
  std::uint32_t attempt = 1;
  std::string bytes;  ///< As written, whatever it is.
  std::string note;   ///< Says where bytes were left out, or whose output else this holds.
  bool operator==(const LogText&) const = default;
};
DROVER_STRUCT(LogText, run, step, item, key, attempt, bytes, note)

struct SlotRow {
  std::uint32_t slot = 0;
  double cpu = 1;
  double gpu = 0;
  std::uint64_t memory_bytes = 0;
  std::string doing;  ///< `7f3a detections`; `ending 7f3a detections` while a call goes on that is
                      ///< not wanted any more; empty where it is free.
  bool operator==(const SlotRow&) const = default;
};
DROVER_STRUCT(SlotRow, slot, cpu, gpu, memory_bytes, doing)

struct AgentRow {
  AgentId agent;
  std::string name;
  std::string state;  ///< `connected`, or `away` while it may still come back.
  std::string build;
  std::vector<SlotRow> slots;
  std::vector<std::string>
      notes;  ///< What an operator should know: a library that did not load, ...
  std::map<std::string, std::string> labels;
  std::uint32_t tasks = 0;  ///< How many it offers.
  double heard_seconds_ago = 0;
  std::uint64_t incarnation = 0;  ///< Grows with every start of the agent.
  bool operator==(const AgentRow&) const = default;
};
DROVER_STRUCT(AgentRow, agent, name, state, build, slots, notes, labels, tasks, heard_seconds_ago,
              incarnation)

struct Agents {
  std::vector<AgentRow> agents;  ///< By name.
  bool operator==(const Agents&) const = default;
};
DROVER_STRUCT(Agents, agents)

struct TaskRow {
  std::string name;
  std::string signature;  ///< `detect(image: uri, …) -> Detections`, with the structs it names.
  std::vector<std::string> agents;  ///< Names of those that offer it now.
  std::vector<std::string> notes;   ///< Where there is none: what did not load, which may be why.
  bool operator==(const TaskRow&) const = default;
};
DROVER_STRUCT(TaskRow, name, signature, agents, notes)

struct Tasks {
  std::vector<TaskRow> tasks;  ///< By name.
  bool operator==(const Tasks&) const = default;
};
DROVER_STRUCT(Tasks, tasks)

struct Pong {
  std::string version;  ///< Of the scheduler's build.
  Epoch epoch = 0;
  std::uint64_t uptime_ms = 0;
  std::uint32_t agents = 0;  ///< Connected.
  std::uint32_t slots = 0;   ///< That they offer.
  bool operator==(const Pong&) const = default;
};
DROVER_STRUCT(Pong, version, epoch, uptime_ms, agents, slots)

/// The request could not be answered; says why and the way out.
struct Failed {
  ErrorCode code = ErrorCode::Internal;  ///< On the wire its name: `not_found`, ...
  std::string context;
  bool operator==(const Failed&) const = default;
};
DROVER_STRUCT(Failed, code, context)

}  // namespace drover::wire
