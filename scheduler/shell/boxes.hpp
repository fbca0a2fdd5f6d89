#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <functional>
#include <string>
#include <vector>

#include "common/boxed.hpp"
#include "common/net/gateway.hpp"
#include "common/wire/envelope.hpp"
#include "scheduler/core/effect.hpp"
#include "scheduler/shell/open_requests.hpp"
#include "scheduler/store/store.hpp"

/// What the scheduler's actors send each other.
namespace drover::scheduler {

/// The gateway has room for more frames to a peer.
using room_atom = caf::atom_constant<caf::atom("room")>;
/// A peer's connection is gone.
using gone_atom = caf::atom_constant<caf::atom("gone")>;

using EventBox = Box<Event>;

/// Saves of one event, in order.
using SavesBox = Box<std::vector<Save>>;

/// Work with the store, done after everything that was saved before it is committed.
using Job = std::function<void(Store&)>;
using JobBox = Box<Job>;

/// Runs that end with failed items are to be looked for.
using look_atom = caf::atom_constant<caf::atom("look")>;
using UnlistedRunsBox = Box<std::vector<RunRow>>;
/// The text of the list of a run's failed items.
struct ListedRun {
  RunRow row;
  std::string text;
};
using ListedRunBox = Box<ListedRun>;

/// A frame that arrived, decoded.
struct FromAgent {
  net::Peer peer;
  wire::Received<wire::AgentMessage> received;
};
using FromAgentBox = Box<FromAgent>;

struct FromClient {
  net::Peer peer;
  wire::Received<wire::ClientRequest> received;
  RequestPlace place;
};
using FromClientBox = Box<FromClient>;

/// A message for the session's agent; dropped where the session is over.
struct Outgoing {
  SessionId session;
  wire::SchedulerMessage message;
};
using OutgoingBox = Box<Outgoing>;

/// A question that a session's agent answers: what an attempt wrote.
struct LogQuestion {
  wire::LogWanted wanted;
  std::function<void(Result<wire::LogPart>)> answer;
};
using LogQuestionBox = Box<LogQuestion>;

inline EventBox event_box(Event event) { return boxed(std::move(event)); }
inline JobBox job_box(Job job) { return boxed(std::move(job)); }

}  // namespace drover::scheduler

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::net::Peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::EventBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::SavesBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::JobBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::UnlistedRunsBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::ListedRunBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::FromAgentBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::FromClientBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::OutgoingBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::LogQuestionBox)
