#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <utility>

#include "agent/core/effect.hpp"
#include "agent/core/event.hpp"
#include "common/boxed.hpp"
#include "common/wire/envelope.hpp"

/// What the agent's actors send each other.
namespace drover::agent {

using EventBox = Box<Event>;
using GrantBox = Box<wire::Grant>;
using HelloBox = Box<wire::Hello>;
using MessageBox = Box<wire::AgentMessage>;
using FrameBox = Box<wire::Received<wire::SchedulerMessage>>;
using ChunkBox = Box<wire::Chunk>;
using LogWantedBox = Box<wire::LogWanted>;

/// The link has a connection, lost it, or has room for frames again.
using connected_atom = caf::atom_constant<caf::atom("connected")>;
using broken_atom = caf::atom_constant<caf::atom("broken")>;
using room_atom = caf::atom_constant<caf::atom("room")>;

inline EventBox event_box(Event event) { return boxed(std::move(event)); }

}  // namespace drover::agent

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::EventBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::GrantBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::HelloBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::MessageBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::FrameBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::ChunkBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::LogWantedBox)
