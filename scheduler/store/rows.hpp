#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/causes.hpp"
#include "common/ids.hpp"
#include "common/units.hpp"
#include "scheduler/core/save.hpp"

/// What the store tells people of runs, steps and items. Wall times are for them alone.
namespace drover::scheduler {

struct RunRow {
  RunId run;
  std::string name;
  std::string file;
  std::string submitted_by;
  std::string results;  ///< URI of the results folder.
  RunState state = RunState::Running;
  std::string reason;           ///< Why it ended so; empty where all went well.
  std::optional<RunId> parent;  ///< The run that it took results over from, as `reuses` says.
  bool reuses = false;          ///< It is no rerun: it took over items with the same inputs.
  WallTime created;
  std::optional<WallTime> ended;
};

struct ItemCounts {
  std::uint64_t count = 0;
  std::uint64_t done = 0, failed = 0, skipped = 0;
  std::uint64_t cancelled = 0;  ///< Open when the step ended.

  std::uint64_t open() const { return count - done - failed - skipped - cancelled; }
  bool operator==(const ItemCounts&) const = default;
};

struct StepRow {
  std::uint32_t step = 0;
  std::string name;
  StepState state = StepState::Waiting;
  ItemCounts items;
  std::optional<std::uint64_t> list_size;  ///< Of a plain step that returned a list.
  std::string reason;
  std::optional<WallTime> opened, ended;
  double call_seconds = 0, slot_seconds = 0;  ///< Once it has ended, as in SaveStepEnded.
  std::uint64_t kept = 0;  ///< Items that were done when it opened: results of the parent run.
  std::vector<RunId> kept_from;     ///< The runs that made those, newest first.
  std::vector<std::string> builds;  ///< Of its task, that gave its results, also those it keeps.
};

/// What the database knows of an item; what an open one waits for only the core knows.
enum class ItemState : std::uint8_t { Open = 0, Done = 1, Failed = 2, Skipped = 3, Cancelled = 4 };

/// One try that ended. Of a lost lease there is no row.
struct AttemptRow {
  std::uint32_t attempt = 1;
  LeaseId lease;
  AgentId agent;
  std::string agent_name;
  std::uint32_t slot = 0;
  std::optional<Cause> cause;  ///< None: it succeeded.
  std::string reason;          ///< The failure's text.
  float seconds = 0;
  WallTime ended;
  ItemIndex item = 0;  ///< The item's index in the run that made the attempt.
};

struct ItemRow {
  ItemIndex item = 0;
  ItemState state = ItemState::Open;
  std::uint32_t attempts = 0;              ///< That ended.
  std::optional<AttemptRow> last_attempt;  ///< The one that decided, or the newest failure.
};

/// Failures of one step that look alike.
struct FailureGroup {
  std::uint32_t step = 0;
  std::string signature;
  std::uint64_t count = 0;
  ItemIndex example = 0;
  std::string reason;  ///< Of the example.
};

struct EventRow {
  WallTime at;
  std::string text;
};

}  // namespace drover::scheduler
