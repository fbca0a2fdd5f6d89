#include "agent/shell/uplink_actor.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "agent/shell/boxes.hpp"
#include "common/net/link.hpp"
#include "common/wire/session.hpp"

namespace drover::agent {
namespace {

struct UplinkState {
  caf::actor agent;
  std::unique_ptr<net::Link> link;
  wire::SessionInbox inbox;
  wire::SessionOutbox outbox;
  std::deque<std::string>
      waiting;  // Frames the link had no room for; bounded by the ledger of unanswered results.
};

using UplinkActor = caf::stateful_actor<UplinkState>;

void break_session(UplinkActor* self) {
  self->state.waiting.clear();
  self->send(self->state.agent, event_box(SessionBroken{self->state.outbox.session()}));
}

/// Sends in order, as far as the link takes it.
void send_waiting(UplinkActor* self) {
  auto& waiting = self->state.waiting;
  while (!waiting.empty()) {
    const auto sent = self->state.link->send(waiting.front());
    if (!sent && sent.error().code == ErrorCode::Full) return;
    if (!sent) {  // Not connected: what was queued has no session to go to any more.
      spdlog::debug("a message was not sent: {}", sent.error().context);
      waiting.clear();
      return;
    }
    waiting.pop_front();
  }
}

void send(UplinkActor* self, const wire::AgentMessage& message) {
  auto frame = wire::encode(self->state.outbox.next(), message);
  if (!frame) {
    spdlog::error("a message to the scheduler could not be encoded: {}", frame.error().context);
    break_session(self);  // Its number is used up: a new session begins without it.
    return;
  }
  self->state.waiting.push_back(std::move(*frame));
  send_waiting(self);
}

template <class Message>
void forward(UplinkActor* self, const Message& message) {
  self->send(self->state.agent, event_box(FromScheduler{self->state.outbox.session(), message}));
}
void forward(UplinkActor* self, const wire::Chunk& chunk) {
  self->send(self->state.agent, boxed(chunk));
}
void forward(UplinkActor* self, const wire::LogWanted& wanted) {
  self->send(self->state.agent, boxed(wanted));
}

void on_frame(UplinkActor* self, const FrameBox& frame) {
  const auto& [envelope, message] = *frame;
  // These two end a session, so they stand outside its numbering.
  const bool ends = std::holds_alternative<wire::Rejoin>(message) ||
                    std::holds_alternative<wire::Refused>(message);
  if (ends) {
    if (envelope.session == self->state.outbox.session()) {
      std::visit([&](const auto& m) { forward(self, m); }, message);
    }
    return;
  }
  switch (self->state.inbox.receive(envelope)) {
    case wire::SessionInbox::Verdict::Next:
      std::visit([&](const auto& m) { forward(self, m); }, message);
      break;
    case wire::SessionInbox::Verdict::Gap:
      spdlog::warn("a message of the scheduler is missing: a new session begins");
      break_session(self);
      break;
    case wire::SessionInbox::Verdict::Other:
      break;
  }
}

/// Decodes on the link's thread; what cannot be decoded counts as missing.
void take_frame(const caf::actor& me, std::string_view bytes) {
  auto received = wire::decode<wire::SchedulerMessage>(bytes);
  if (!received) {
    spdlog::warn("a frame of the scheduler was refused: {}", received.error().context);
    return;
  }
  caf::anon_send(me, boxed(std::move(*received)));
}

caf::behavior uplink_actor(UplinkActor* self, const std::string& address, const caf::actor& agent) {
  self->state.agent = agent;
  const caf::actor_addr me = self->address();
  net::LinkHandlers handlers;
  const auto tell = [me](auto&&... message) {
    if (auto strong = caf::actor_cast<caf::actor>(me)) caf::anon_send(strong, message...);
  };
  handlers.on_frame = [me](std::string_view bytes) {
    if (auto strong = caf::actor_cast<caf::actor>(me)) take_frame(strong, bytes);
  };
  handlers.on_connected = [tell] { tell(connected_atom::value); };
  handlers.on_disconnected = [tell] { tell(broken_atom::value); };
  handlers.on_room = [tell] { tell(room_atom::value); };
  auto link = net::Link::open(address, std::move(handlers));
  if (!link) {
    spdlog::critical("{}", link.error().context);
    self->quit(caf::exit_reason::user_shutdown);
    return {};
  }
  self->state.link = std::move(*link);
  return {
      [self](const HelloBox& hello) {
        self->state.inbox = wire::SessionInbox(hello->session);
        self->state.outbox = wire::SessionOutbox(hello->session);
        self->state.waiting.clear();
        send(self, *hello);
      },
      [self](const MessageBox& message) { send(self, *message); },
      [self](const FrameBox& frame) { on_frame(self, frame); },
      [self](connected_atom) { break_session(self); },
      [self](broken_atom) { break_session(self); },
      [self](room_atom) { send_waiting(self); },
  };
}

}  // namespace

caf::actor spawn_uplink(caf::actor_system& system, const std::string& address, caf::actor agent) {
  return system.spawn(uplink_actor, address, agent);
}

}  // namespace drover::agent
