#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "scheduler/core/event.hpp"

/// What the shell must do, in order. A failed effect comes back as an event.
namespace drover::scheduler {

/// Keep this; report Committed once it is durable.
struct Persist {
  Save save;
};

/// Send to an agent, if this session still stands.
struct ToAgent {
  AgentId agent;
  SessionId session;
  std::variant<wire::Welcome, wire::Rejoin, wire::Refused, wire::Revoke, wire::Release,
               wire::Answer, wire::HeartbeatHeard>
      message;
};

/// Send a Grant, its inputs cut from the lists that the plan names.
struct SendGrant {
  AgentId agent;
  SessionId session;
  LeaseId lease;
  OpeningId opening;
  StepRef step;
  std::shared_ptr<const Plan> plan;
  std::uint32_t slot = 0;
  Range items;
  std::uint32_t largest_batch = 1;      ///< Items in one call; 0: as the task likes.
  std::vector<std::uint32_t> attempts;  ///< One per item, or empty where all are first attempts.
};

/// Forget the session: the agent must say Hello again.
struct CloseSession {
  AgentId agent;
  SessionId session;
};

struct SubmitAccepted {
  RunId run;
  bool already = false;  ///< This run was submitted before with the same text.
};
struct SubmitRefused {
  std::string reason;
};
struct CancelDone {
  RunId run;
  RunState state = RunState::Cancelled;  ///< As it ended; a run that had ended keeps its state.
};
struct CancelRefused {
  RunId run;
  std::string reason;
};

struct ToClient {
  ClientToken client;
  std::variant<SubmitAccepted, SubmitRefused, CancelDone, CancelRefused> answer;
};

/// The run ended, durably: whoever waits for it may be told.
struct RunEnded {
  RunId run;
  RunState state = RunState::Succeeded;
};

/// Find which items of the step are done in another run with the same inputs; report ReuseFound.
struct FindReuse {
  StepRef step;
  StepRef from;
  std::shared_ptr<const Plan> plan;  ///< Of the step.
  std::uint64_t count = 0;           ///< Items of the step.
};

/// Raise TimeDue at this time; replaces any earlier order.
struct WakeAt {
  Instant when;
};

using Effect =
    std::variant<Persist, ToAgent, SendGrant, CloseSession, ToClient, RunEnded, FindReuse, WakeAt>;
using Effects = std::vector<Effect>;

}  // namespace drover::scheduler
