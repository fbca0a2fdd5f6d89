#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/causes.hpp"
#include "common/columns.hpp"
#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/types/describe.hpp"

/// Every message between Drover's programs. docs/protocol.md describes the same for other
/// languages: a change here is a change there. Field names are the keys of the MessagePack maps.
namespace drover::wire {

// ------------------------------------------------------------------ agent to scheduler

/// One slot of an agent, as offered.
struct SlotOffer {
  std::uint32_t slot = 0;
  double cpu = 1;
  double gpu = 0;
  std::uint64_t memory_bytes = 0;
  /// Of tasks that were built anew since its worker has loaded them, with other types or the same:
  /// name to hash of the signature as it is loaded, empty where it does not have the task. A lease
  /// of one of them makes the slot load all as they are now, unless its run is older and the types
  /// are those that are loaded.
  std::map<std::string, std::string> older_tasks{};
  bool operator==(const SlotOffer&) const = default;
};
DROVER_STRUCT(SlotOffer, slot, cpu, gpu, memory_bytes, older_tasks)

/// What an agent has of one lease: everything that has no answer yet.
struct LeaseReport {
  LeaseId lease;
  OpeningId opening;
  RunId run;
  std::uint32_t step = 0;
  std::uint32_t slot = 0;
  std::vector<Range> held;        ///< Running or waiting to run.
  std::vector<Range> unanswered;  ///< With a result, or in a failed call, that was not answered.
  bool operator==(const LeaseReport&) const = default;
};
DROVER_STRUCT(LeaseReport, lease, opening, run, step, slot, held, unanswered)

/// Opens session `session` of an agent. Ledgers are compared here and nowhere else.
struct Hello {
  std::uint64_t session = 0;  ///< Grows with every Hello of this incarnation.
  AgentId agent;
  std::uint64_t incarnation = 0;  ///< Grows with every start of the agent.
  std::string name;               ///< The host's name, for people.
  std::string build;
  std::vector<SlotOffer> slots;
  std::vector<std::string> tasks;  ///< Signatures, as common/types prints them.
  /// One per task: tells it from the same task of another build, on any machine. Empty where it
  /// comes with Drover; then `build` does.
  std::vector<std::string> task_builds;
  bool tasks_change = false;  ///< Their files are being written: another Hello follows soon.
  std::vector<std::string>
      notes;  ///< What an operator should know: a library that did not load, ...
  std::map<std::string, std::string> labels;
  std::vector<LeaseReport> report;
  bool operator==(const Hello&) const = default;
};
DROVER_STRUCT(Hello, session, agent, incarnation, name, build, slots, tasks, task_builds,
              tasks_change, notes, labels, report)

/// Why one item failed in its attempt.
struct ItemFailure {
  ItemIndex item = 0;
  Cause cause = Cause::UserError;
  std::string text;
  bool permanent = false;  ///< The task says that trying again is of no use.
  bool operator==(const ItemFailure&) const = default;
};
DROVER_STRUCT(ItemFailure, item, cause, text, permanent)

/// Outcomes of items `[first, first + columns.size())` of a lease. A failed item has an empty value
/// and stands in `failures`.
struct Results {
  LeaseId lease;
  ItemIndex first = 0;
  Columns columns;
  std::vector<float> seconds;  ///< One per item; of a batched call its share.
  std::vector<ItemFailure> failures;
  /// For a step that returns a list: how many elements its chunks held. The value itself is empty
  /// then.
  std::optional<std::uint64_t> list_size;
  std::string task_build;  ///< Of the task that gave them; as in Hello.
  bool operator==(const Results&) const = default;
};
DROVER_STRUCT(Results, lease, first, columns, seconds, failures, list_size, task_build)

/// A part of the list that a plain step returns, in order. The Results of the lease come after the
/// last one.
struct PutChunk {
  LeaseId lease;
  std::uint64_t first = 0;  ///< Index of the first element.
  Columns columns;
  std::vector<std::uint64_t> stamps{};  ///< Of the elements; empty: they have none.
  bool operator==(const PutChunk&) const = default;
};
DROVER_STRUCT(PutChunk, lease, first, columns, stamps)

/// A call ended without results: its worker died or its time was over. Kept until answered.
struct CallFailed {
  LeaseId lease;
  Range call;               ///< What was executing, as it ran.
  std::vector<Range> rest;  ///< Not executed: goes back free.
  Cause cause = Cause::Crash;
  std::string text;   ///< With the evidence: signal, exit code, limit.
  float seconds = 0;  ///< How long the call had run.
  bool operator==(const CallFailed&) const = default;
};
DROVER_STRUCT(CallFailed, lease, call, rest, cause, text, seconds)

/// Answers Release: the items of the lease that had not started and are given back.
struct Released {
  LeaseId lease;
  std::vector<Range> items;
  bool operator==(const Released&) const = default;
};
DROVER_STRUCT(Released, lease, items)

struct SlotProgress {
  std::uint32_t slot = 0;
  LeaseId lease;
  Range executing;
  std::uint64_t done = 0;  ///< Items of the lease that have a result.
  bool operator==(const SlotProgress&) const = default;
};
DROVER_STRUCT(SlotProgress, slot, lease, executing, done)

/// Sent every second by the loop that supervises workers. For display only: nothing is decided from
/// it but that the agent lives.
struct Heartbeat {
  std::vector<SlotProgress> slots;
  bool operator==(const Heartbeat&) const = default;
};
DROVER_STRUCT(Heartbeat, slots)

/// The agent leaves for good: its work may be granted elsewhere at once and its row is deleted.
struct Goodbye {
  std::string reason;
  bool operator==(const Goodbye&) const = default;
};
DROVER_STRUCT(Goodbye, reason)

/// Asks for a part of a list that a lease's task reads.
struct GetChunk {
  std::uint64_t request = 0;
  RunId run;
  std::uint32_t step = 0;
  std::uint8_t part = 0;  ///< As workflow Part: 1 all, 2 ok, 3 failed.
  std::uint64_t first = 0;
  bool operator==(const GetChunk&) const = default;
};
DROVER_STRUCT(GetChunk, request, run, step, part, first)

/// Answers LogWanted.
struct LogPart {
  std::uint64_t request = 0;
  std::string bytes;
  std::string note;  ///< Says where bytes were left out, or whose output else the slice holds.
  std::optional<std::string> error;
  bool operator==(const LogPart&) const = default;
};
DROVER_STRUCT(LogPart, request, bytes, note, error)

// ------------------------------------------------------------------ scheduler to agent

struct RevokedItems {
  LeaseId lease;
  std::vector<Range> items;
  bool operator==(const RevokedItems&) const = default;
};
DROVER_STRUCT(RevokedItems, lease, items)

/// Answers Hello; grants follow. Revoked items are stopped, but results without an answer are kept.
struct Welcome {
  std::uint64_t session = 0;
  Epoch epoch = 0;
  std::vector<RevokedItems> revoked;
  bool operator==(const Welcome&) const = default;
};
DROVER_STRUCT(Welcome, session, epoch, revoked)

/// The scheduler has no such session: say Hello again.
struct Rejoin {
  std::string reason;
  bool operator==(const Rejoin&) const = default;
};
DROVER_STRUCT(Rejoin, reason)

/// The scheduler does not work with this agent; asking again soon is of no use.
struct Refused {
  std::string reason;
  bool operator==(const Refused&) const = default;
};
DROVER_STRUCT(Refused, reason)

/// A whole list as an argument: read in chunks through GetChunk.
struct ListArgument {
  std::uint32_t step = 0;
  std::uint8_t part = 1;
  std::uint64_t size = 0;
  bool operator==(const ListArgument&) const = default;
};
DROVER_STRUCT(ListArgument, step, part, size)

/// One argument of the task, in the order of its signature. Exactly one field is set.
struct Argument {
  std::optional<std::string> constant;  ///< The same value for all items.
  std::optional<Columns> column;        ///< One value per item of the grant.
  std::optional<ListArgument> list;     ///< A whole list.
  bool operator==(const Argument&) const = default;
};
DROVER_STRUCT(Argument, constant, column, list)

/// Items `items` of a step are granted to a slot.
struct Grant {
  LeaseId lease;
  OpeningId opening;
  RunId run;
  std::uint32_t step = 0;
  std::uint32_t slot = 0;
  Range items;
  std::string run_name;  ///< The run's id, shortened for people.
  std::string step_name;
  std::string task;       ///< Name; `signature` tells it from another build's task of this name.
  std::string signature;  ///< Hash, see common/types.
  std::vector<Argument> arguments;
  std::optional<std::uint32_t>
      key_argument;                     ///< Which argument is the item's key, else its index is.
  std::uint32_t largest_batch = 1;      ///< Items per call at most; 0: as the task likes.
  std::uint64_t timeout_ms = 0;         ///< Per call.
  std::vector<std::uint32_t> attempts;  ///< Number of the attempt for each item; empty: 1 for all.
  std::string results;                  ///< URI of the run's results folder.
  std::string common_folder;  ///< The longest folder that the keys of all items of the step share.
  /// For each item the how-manieth of its step with this key it is; empty: 1 for all.
  std::vector<std::uint32_t> ordinals;
  bool operator==(const Grant&) const = default;
};
DROVER_STRUCT(Grant, lease, opening, run, step, slot, items, run_name, step_name, task, signature,
              arguments, key_argument, largest_batch, timeout_ms, attempts, results, common_folder,
              ordinals)

/// Stop these items. Results that have no answer yet stay.
struct Revoke {
  std::vector<RevokedItems> revoked;
  bool operator==(const Revoke&) const = default;
};
DROVER_STRUCT(Revoke, revoked)

/// Give back what has not started of this lease. Answered by Released, also where that is nothing;
/// where the lease runs, by CallFailed with what is left once its present call has ended.
struct Release {
  LeaseId lease;
  bool operator==(const Release&) const = default;
};
DROVER_STRUCT(Release, lease)

enum class Answered : std::uint8_t { Results = 0, CallFailed = 1, Chunk = 2 };

/// The agent may forget these results, this failed call or this chunk: they are committed, or can
/// never count.
struct Answer {
  LeaseId lease;
  Answered what = Answered::Results;
  std::vector<Range> items;  ///< Of a chunk: indices of elements.
  bool accepted = false;     ///< False: stale, nothing changed.
  bool operator==(const Answer&) const = default;
};
DROVER_STRUCT(Answer, lease, what, items, accepted)

/// Answers GetChunk. `columns` is as long as fits a message; elements that failed are nil.
struct Chunk {
  std::uint64_t request = 0;
  std::uint64_t first = 0;
  std::uint64_t total = 0;
  Columns columns;
  std::optional<std::string> error;
  bool operator==(const Chunk&) const = default;
};
DROVER_STRUCT(Chunk, request, first, total, columns, error)

/// Asks for what an attempt wrote.
struct LogWanted {
  std::uint64_t request = 0;
  LeaseId lease;
  ItemIndex item = 0;
  bool operator==(const LogWanted&) const = default;
};
DROVER_STRUCT(LogWanted, request, lease, item)

/// Answers every Heartbeat, so that an agent hears its scheduler too.
struct HeartbeatHeard {
  Epoch epoch = 0;
  bool operator==(const HeartbeatHeard&) const = default;
};
DROVER_STRUCT(HeartbeatHeard, epoch)

}  // namespace drover::wire
