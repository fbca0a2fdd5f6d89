#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/types/describe.hpp"

/// What clients ask the scheduler; see client_messages.hpp.
namespace drover::wire {

/// Starts a run. Answered by Submitted, once it is durable, by Rejected, or by ChangedTasks. Asking
/// again with the same id and the same workflow starts nothing; with another workflow it is
/// refused.
struct Submit {
  RunId run;                                  ///< 16 random bytes of the client.
  std::string file;                           ///< Name of the workflow's file, for messages.
  std::string text;                           ///< The workflow, YAML.
  std::map<std::string, std::string> inputs;  ///< As given with -i; parsed by their declared types.
  std::string working_directory;              ///< Absolute; relative uris start here.
  std::string submitted_by;                   ///< user@host, for people.
  bool dry_run = false;                       ///< Check only: nothing is stored or started.
  std::optional<std::string> reuse{};  ///< A run: items that are done there with the same inputs
                                       ///< are taken over.
  std::string changed{};               ///< As in Rerun.
  /// Overrides `allow_failed` of all map steps (`5%` or a number).
  std::optional<std::string> allow_failed{};
  bool operator==(const Submit&) const = default;
};
DROVER_STRUCT(Submit, run, file, text, inputs, working_directory, submitted_by, dry_run, reuse,
              changed, allow_failed)

/// Ends a run; what is done stays. Answered by RunStatus. A run that has ended is left as it is.
struct Cancel {
  std::string run;
  bool operator==(const Cancel&) const = default;
};
DROVER_STRUCT(Cancel, run)

/// Makes a new run that takes over what is done in `parent` and runs the rest. Answered as Submit
/// is.
struct Rerun {
  RunId run;  ///< Of the new run: 16 random bytes of the client.
  std::string parent;
  bool failed_only = false;        ///< Only the items that failed, and what follows from them.
  std::vector<std::string> items;  ///< Only these items.
  /// Only items that failed like this: a failure as it is shown, or a part of one.
  std::optional<std::string> signature;
  /// Overrides `allow_failed` of all map steps (`5%` or a number). Alone, failed items stay failed
  /// and only what follows runs.
  std::optional<std::string> allow_failed;
  std::string submitted_by;
  /// What becomes of results that builds of their tasks gave which no agent has any more: `keep`,
  /// which empty means too; `again` runs those steps whole; `ask` is answered by ChangedTasks where
  /// there are any, and starts nothing then.
  std::string changed{};
  bool operator==(const Rerun&) const = default;
};
DROVER_STRUCT(Rerun, run, parent, failed_only, items, signature, allow_failed, submitted_by,
              changed)

/// The newest runs, newest first. Answered by Runs.
struct ListRuns {
  std::uint32_t limit = 20;  ///< At most 1,000.
  bool operator==(const ListRuns&) const = default;
};
DROVER_STRUCT(ListRuns, limit)

/// Answered by RunStatus.
struct ShowRun {
  std::string run;
  bool operator==(const ShowRun&) const = default;
};
DROVER_STRUCT(ShowRun, run)

/// Answered by RunStatus when the run has ended or `timeout_ms` are over, whichever is first: look
/// at `state`.
struct Wait {
  std::string run;
  std::uint32_t timeout_ms = 10'000;  ///< At most 60,000.
  bool operator==(const Wait&) const = default;
};
DROVER_STRUCT(Wait, run, timeout_ms)

/// Items of one map step, by index. Answered by Items.
struct ListItems {
  std::string run;
  std::optional<std::string> step;     ///< May be left out where only one step maps.
  std::optional<std::string> state;    ///< Only items in this state.
  std::optional<std::uint64_t> after;  ///< Only items with a higher index.
  std::uint32_t limit = 100;           ///< At most 1,000.
  bool operator==(const ListItems&) const = default;
};
DROVER_STRUCT(ListItems, run, step, state, after, limit)

/// Results of a step, from element `first` on. Answered by ResultsPage.
struct ReadResults {
  std::string run;
  std::optional<std::string> step;  ///< May be left out where the run has one output.
  std::uint64_t first = 0;
  std::uint32_t limit = 1000;  ///< At most 4,096; less comes where more does not fit a frame.
  bool operator==(const ReadResults&) const = default;
};
DROVER_STRUCT(ReadResults, run, step, first, limit)

/// Why it is not running, or took so long, or failed. Answered by Explanation.
struct Explain {
  std::string run;
  std::optional<std::string> step;
  std::optional<std::string> item;
  bool operator==(const Explain&) const = default;
};
DROVER_STRUCT(Explain, run, step, item)

/// What an attempt at an item wrote. Answered by LogText.
struct Log {
  std::string run;
  std::optional<std::string> step;  ///< May be left out where only one step maps.
  std::string item;
  std::optional<std::uint32_t> attempt;  ///< From 1 on; left out: the last.
  bool operator==(const Log&) const = default;
};
DROVER_STRUCT(Log, run, step, item, attempt)

/// Answered by Agents.
struct ListAgents {
  bool operator==(const ListAgents&) const = default;
};
DROVER_STRUCT(ListAgents)

/// Answered by Tasks.
struct ListTasks {
  std::optional<std::string> name;  ///< Only this one.
  bool operator==(const ListTasks&) const = default;
};
DROVER_STRUCT(ListTasks, name)

/// Answered by Pong.
struct Ping {
  bool operator==(const Ping&) const = default;
};
DROVER_STRUCT(Ping)

}  // namespace drover::wire
