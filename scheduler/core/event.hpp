#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/interval_set.hpp"
#include "common/wire/messages.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"

/// What happened: the only way anything enters the core.
namespace drover::scheduler {

/// A conversation with one agent. Later ones are greater.
struct SessionId {
  std::uint64_t incarnation = 0;  ///< The agent's start.
  std::uint64_t number = 0;       ///< The Hello within it.
  auto operator<=>(const SessionId&) const = default;
};

/// A client's open request, named by the shell; answers go back under the same token.
struct ClientToken {
  std::uint64_t number = 0;
  auto operator<=>(const ClientToken&) const = default;
};

/// The process has read its database. First event of a life.
struct Started {};

struct HelloReceived {
  wire::Hello hello;
};
struct ResultsReceived {
  AgentId agent;
  SessionId session;
  std::shared_ptr<const wire::Results> results;
};
struct ChunkReceived {
  AgentId agent;
  SessionId session;
  std::shared_ptr<const wire::PutChunk> chunk;
};
struct CallFailedReceived {
  AgentId agent;
  SessionId session;
  wire::CallFailed failed;
};
struct ReleasedReceived {
  AgentId agent;
  SessionId session;
  wire::Released released;
};
struct HeartbeatReceived {
  AgentId agent;
  SessionId session;
  wire::Heartbeat heartbeat;
};
struct GoodbyeReceived {
  AgentId agent;
  SessionId session;
  wire::Goodbye goodbye;
};
/// The transport ended the session: a message is missing in it, or its actor died.
struct SessionClosed {
  AgentId agent;
  SessionId session;
  std::string reason;
};

struct Submitted {
  ClientToken client;
  RunId run;
  std::shared_ptr<const RunSpec> spec;
  std::shared_ptr<const Plan> plan;
  std::optional<RunId> parent;
  std::vector<TakenOver> taken_over;   ///< Empty, or one per step of the plan.
  std::optional<Reuse> reuse{};        ///< What of another run its steps look for once they open.
  std::vector<std::string> remarks{};  ///< For `drover show`.
};
struct CancelRequested {
  ClientToken client;
  RunId run;
};

/// Everything up to this save is durable.
struct Committed {
  std::uint64_t seq = 0;
};
struct StoreFull {};
struct StoreHasRoom {};

/// The inputs of a grant did not fit a message: only the items before `end` went out.
struct GrantShortened {
  LeaseId lease;
  ItemIndex end = 0;
};
/// The inputs of a grant could not be read or made: its first item fails with this.
struct GrantRefused {
  LeaseId lease;
  std::string text;
};

/// Answers FindReuse.
struct ReuseFound {
  StepRef step;
  std::uint64_t count = 0;                               ///< Items that the step will have.
  std::shared_ptr<const std::vector<MovedItems>> moved;  ///< Ascending, disjoint; may be empty.
};

/// The time asked for by WakeAt has come.
struct TimeDue {};

using Event = std::variant<Started, HelloReceived, ResultsReceived, ChunkReceived,
                           CallFailedReceived, ReleasedReceived, HeartbeatReceived, GoodbyeReceived,
                           SessionClosed, Submitted, CancelRequested, Committed, StoreFull,
                           StoreHasRoom, GrantShortened, GrantRefused, ReuseFound, TimeDue>;

}  // namespace drover::scheduler
