#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <memory>
#include <utility>

#include "agent/core/effect.hpp"
#include "agent/core/event.hpp"
#include "common/wire/envelope.hpp"

/// What the agent's actors send each other: shared, never changed after it was sent, never sent
/// over a network.
namespace drover::agent {

using EventBox = std::shared_ptr<const Event>;
using GrantBox = std::shared_ptr<const wire::Grant>;
using HelloBox = std::shared_ptr<const wire::Hello>;
using MessageBox = std::shared_ptr<const wire::AgentMessage>;
using FrameBox = std::shared_ptr<const wire::Received<wire::SchedulerMessage>>;
using ChunkBox = std::shared_ptr<const wire::Chunk>;
using LogWantedBox = std::shared_ptr<const wire::LogWanted>;

/// The link has a connection, lost it, or has room for frames again.
using connected_atom = caf::atom_constant<caf::atom("connected")>;
using broken_atom = caf::atom_constant<caf::atom("broken")>;
using room_atom = caf::atom_constant<caf::atom("room")>;

inline EventBox event_box(Event event) { return std::make_shared<const Event>(std::move(event)); }
template <class T>
std::shared_ptr<const T> boxed(T value) {
  return std::make_shared<const T>(std::move(value));
}

}  // namespace drover::agent

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::EventBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::GrantBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::HelloBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::MessageBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::FrameBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::ChunkBox)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::agent::LogWantedBox)
