#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/core/effect.hpp"
#include "agent/core/limits.hpp"
#include "agent/core/task_build.hpp"

/// Everything an agent knows: what it holds, and what the scheduler has not answered yet.
namespace drover::agent {

/// A lease on a slot.
struct HeldLease {
  std::shared_ptr<const wire::Grant> grant;
  IntervalSet left;  ///< Items without an outcome yet.
};

/// A death of a slot's worker. An item that kills it again is the same death, of a later time.
struct Death {
  Instant at;
  std::optional<std::pair<StepRef, ItemIndex>> item;  ///< The one that was executing, if any was.
};

///             start            ready              grant
///   (none) ---------> Starting -----> Idle <----------------> Busy
///      ^                 |   ^         |   lease ended          |
///      |                 |   +- reload +                        |
///      | off is over     +---- died ---+------------------------+
///      +---- Off <--- too many deaths
enum class WorkerState : std::uint8_t { Starting, Idle, Busy, Off };

struct Slot {
  wire::SlotOffer offer;
  WorkerState worker = WorkerState::Starting;
  LoadedTasks loaded;                ///< By its worker.
  std::optional<HeldLease> running;  ///< Set exactly while Busy.
  std::deque<HeldLease> waiting;
  std::vector<Death> deaths;        ///< Since an item was last completed, or the slot was off.
  std::uint32_t times_off = 0;      ///< Since an item was last completed.
  std::optional<Instant> on_again;  ///< Set exactly while Off.
  Duration off_for{};               ///< While it is Off.
};

/// Something that only an answer makes us forget.
struct Unanswered {
  std::variant<std::shared_ptr<const wire::Results>, std::shared_ptr<const wire::PutChunk>,
               wire::CallFailed>
      what;
  LeaseId lease;
  OpeningId opening;
  RunId run;
  std::uint32_t step = 0;
  std::uint32_t slot = 0;
  IntervalSet items;  ///< Of a chunk: elements.
  std::uint64_t bytes = 0;
};

enum class Uplink : std::uint8_t { Away, HelloSent, Welcomed };

struct State {
  AgentId id;
  std::uint64_t incarnation = 0;
  std::string name;
  std::string build;
  std::map<std::string, std::string> labels;
  std::map<std::uint32_t, Slot> slots;

  TaskBuild task_build;

  Uplink uplink = Uplink::Away;
  std::uint64_t session = 0;  ///< Number of the newest Hello.
  Instant hello_at;           ///< The next one is due then, unless welcomed.
  Instant heard;              ///< From the scheduler.
  Instant heartbeat_at;
  Epoch newest_epoch = 0;
  std::string refused;  ///< Why the scheduler does not want us; empty while it does.

  /// Items revoked of leases that are not here: a grant that waited for its inputs may come after
  /// its revoke. Of the present session, the newest max_revoked_early leases.
  std::map<LeaseId, IntervalSet> revoked_early;

  std::deque<Unanswered> unanswered;  ///< In the order in which it came.
  std::uint64_t unanswered_bytes = 0;
  bool holding_workers = false;

  std::optional<Instant> stop_by;  ///< Set once we were asked to leave.
  bool finished = false;
  std::optional<Instant> alarm;
};

/// An agent before its first event.
State make_state(AgentId id, std::uint64_t incarnation, std::string name,
                 const std::vector<wire::SlotOffer>& slots);

}  // namespace drover::agent
