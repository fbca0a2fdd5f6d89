#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/types/catalogue.hpp"
#include "common/units.hpp"
#include "scheduler/core/effect.hpp"
#include "scheduler/core/limits.hpp"

/// Everything the scheduler knows. Results are not here: they are in the store.
namespace drover::scheduler {

/// The failures so far of an item that is still open.
struct Charges {
  struct Place {
    LeaseId lease;  ///< One lease charges an item once.
    AgentId agent;
    std::uint32_t slot = 0;
    Cause cause = Cause::UserError;
    std::optional<Instant> at{};  ///< Nothing where it was in an earlier life of the scheduler.
  };
  std::uint32_t attempts = 0;               ///< Failed ones.
  std::array<std::uint32_t, 8> by_cause{};  ///< Index: Cause.
  std::vector<Place> places;                ///< Where it failed.
  std::uint64_t saved_by = 0;  ///< Seq of the newest charge's save: granted again once committed.
  Instant due;                 ///< Granted again then, unless a lease has it.
};

/// Items of a failed call of several: to be tried in smaller ones.
struct Suspect {
  ItemIndex last = 0;
  std::uint32_t largest_batch = 1;
};

/// Whether the first items of a step to end all fail alike, and how, in this life of the scheduler.
struct Canary {
  bool over = false;           ///< One was done, or two failed in different ways.
  std::uint64_t failures = 0;  ///< So far, all of one signature.
  std::string signature;
  std::string text;  ///< Of the first one.
};

/// A step of an active run.
///
/// While it runs every item is in exactly one of: `free`, `retry_queue`, a lease, done, failed,
/// skipped.
struct Step {
  StepState state = StepState::Waiting;
  std::string task_hash;
  std::uint64_t run_order = 0;  ///< Run::order of its run.
  std::uint64_t count = 0;
  std::optional<OpeningId> opening;
  bool of_older_life =
      false;  ///< Opened before this start: waits for agents that may hold its items.
  IntervalSet free;
  std::map<ItemIndex, Charges> charged;                 ///< Open items that failed before.
  std::set<std::pair<Instant, ItemIndex>> retry_queue;  ///< Those of `charged` that no lease has.
  std::map<ItemIndex, Suspect> suspects;                ///< By first item; disjoint.
  std::uint64_t done = 0;
  IntervalSet failed;
  IntervalSet skipped;
  std::uint64_t cancelled = 0;
  Canary canary;
  std::array<std::uint64_t, 8> deaths{};   ///< Of workers under its calls. Index: Cause.
  std::uint32_t leases = 0;                ///< Open leases of this step.
  std::optional<std::uint64_t> list_size;  ///< Of the list that a plain step returned.
  std::map<LeaseId, IntervalSet> chunks;   ///< Elements of that list which each lease has saved.
  std::optional<double> item_seconds;      ///< Measured; none before the first result.
  std::uint64_t lease_size = 1;            ///< What leases have grown to.
  double call_seconds = 0;                 ///< Attempts took, as their workers measured.
  double slot_seconds = 0;   ///< Slots had leases of this step first, up to their newest results.
  bool seeks_reuse = false;  ///< Opens once it is known what of it is done in another run.
  Instant opened_at;
  std::optional<Instant> other_types_since;  ///< Its task is there with other types only, and
                                             ///< nothing of it runs.
  std::string reason;                        ///< Why it failed.

  std::uint64_t ended_items() const { return done + failed.size() + skipped.size() + cancelled; }
  std::uint64_t open_items() const { return count - ended_items(); }
};

struct Run {
  RunId id;
  std::uint64_t order = 0;  ///< Of submission; breaks ties.
  std::shared_ptr<const RunSpec> spec;
  std::shared_ptr<const Plan> plan;
  std::vector<Step> steps;
  std::uint64_t leases = 0;            ///< Open leases of all its steps.
  RunState state = RunState::Running;  ///< Ended ones stay until their end is committed.
  std::uint64_t ended_by = 0;          ///< Seq of the save of its end.
  std::vector<TakenOver> taken_over;
  std::optional<Reuse> reuse{};  ///< Of steps that have not opened yet.
  std::string reason;
};

struct Lease {
  LeaseId id;
  AgentId agent;
  std::uint32_t slot = 0;
  StepRef step;
  IntervalSet items;          ///< Without a result yet.
  std::uint64_t granted = 0;  ///< Items at first.
  bool release_asked = false;
  bool void_ =
      false;  ///< Its run is being cancelled: nothing of it counts, the slot is still taken.
  std::uint64_t void_by = 0;  ///< Seq of the save that made it void: revoked once committed.
  bool executed = false;      ///< Its agent has nothing of it left to run, only outcomes to send.
  bool adopted = false;       ///< Reported, not granted: how long its slot had it is not known.
};

/// What speaks against a slot since it last did an item: those that failed in it and were done in
/// another one.
struct Standing {
  std::optional<Instant> last_done{};
  std::uint32_t failures = 0;          ///< Items, in all.
  std::uint32_t deaths = 0;            ///< Of them, those that its worker died of.
  std::optional<Instant> out_until{};  ///< Gets no leases before.
  Duration rest{};                     ///< How long it was put out of service the last time.
  std::string why;
};

/// A call whose items are not wanted any more: the slot has it until it ends or is ended by force.
/// For display only.
struct EndingCall {
  LeaseId lease;
  RunId run;
  std::string step;    ///< Its name: the run may be forgotten.
  bool heard = false;  ///< A heartbeat came since: it says whether the call goes on.
};

struct Slot {
  wire::SlotOffer offer;
  std::vector<LeaseId> leases;  ///< In the order granted: the first runs.
  Instant since;                ///< Of the first lease: its time is counted up to then.
  Standing standing{};
  std::optional<EndingCall> ending{};
  /// Of SlotOffer::older_tasks: runs of a lower order were submitted before the task was built
  /// anew.
  std::map<std::string, std::uint64_t> older_before{};
};

struct Session {
  SessionId id;
  bool welcomed = false;  ///< Welcome went out: grants may follow.
};

struct OfferedTask {
  std::string hash;   ///< Of the signature.
  std::string text;   ///< The signature.
  std::string build;  ///< Tells it from the same task of another build; see build_name().
};

struct Agent {
  AgentId id;
  std::string name;
  std::string build;
  std::uint64_t incarnation = 0;
  std::optional<Session> session;
  SessionId newest_session;  ///< Of all its Hellos: an older one that comes late opens nothing.
  Instant heard;
  std::map<std::uint32_t, Slot> slots;
  std::map<std::string, OfferedTask> tasks;   ///< As they are now, by name.
  bool tasks_change = false;                  ///< They are being built anew.
  std::optional<Instant> tasks_change_since;  ///< Or were, since then.
  std::map<std::string, std::string> labels;
  std::vector<std::string> notes;
  wire::Heartbeat progress;  ///< For display only.
  bool has_row = false;
};

/// Leases of a run were made void, or the run ended: once that is committed they are revoked, or it
/// is forgotten.
struct FinishRun {
  RunId run;
};

/// An effect, or an inner act, that reveals what is not durable yet.
struct Held {
  std::uint64_t seq = 0;
  std::optional<std::pair<AgentId, SessionId>> session;  ///< Dies with it.
  std::variant<Effect, FinishRun> act;
};

struct State {
  Epoch epoch = 0;
  std::uint64_t next_lease = 1;
  std::uint64_t next_seq = 1;
  std::uint64_t committed = 0;
  std::uint64_t next_order = 1;
  std::uint64_t random = 1;  ///< State of the generator of jitter.
  bool store_full = false;

  std::map<RunId, Run> runs;  ///< Active ones.
  std::map<LeaseId, Lease> leases;
  std::map<AgentId, Agent> agents;
  Catalogue catalogue;
  std::deque<Held> held;  ///< Ascending seq.

  std::set<AgentId>
      awaited;  ///< Joined before this start and not back: open items of older steps wait for them.
  Instant adopt_until;
  std::optional<Instant> alarm;
};

/// A state as a start finds it. `plans` has one for each stored run; runs without a plan are left
/// out.
State recover(const Stored& stored, const std::map<RunId, std::shared_ptr<const Plan>>& plans,
              Instant now, std::uint64_t seed);

}  // namespace drover::scheduler
