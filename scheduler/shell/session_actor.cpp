#include "scheduler/shell/session_actor.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "common/wire/session.hpp"
#include "scheduler/query/item_keys.hpp"
#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {
namespace {

struct SessionState {
  net::Peer peer;
  net::Gateway* gateway = nullptr;  // Owned by main(), outlives the actor system.
  caf::actor scheduler;
  caf::actor store;
  std::shared_ptr<StoredPlans> plans;

  AgentId agent;
  std::optional<SessionId> session;
  SessionId newest;  // That said Hello here.
  wire::SessionInbox inbox;
  wire::SessionOutbox outbox;
  std::deque<std::string>
      waiting;  // Frames that the gateway had no room for; bounded by grants per slot.
  std::uint64_t next_question = 1;
  std::map<std::uint64_t, LogQuestionBox> questions;
};

using SessionActor = caf::stateful_actor<SessionState>;

/// Sends in order, as far as the gateway takes it; it says when it has room again. A peer that is
/// gone shows by its silence.
void send_waiting(SessionActor* self) {
  auto& waiting = self->state.waiting;
  while (!waiting.empty()) {
    const auto sent = self->state.gateway->send(self->state.peer, waiting.front());
    if (!sent && sent.error().code == ErrorCode::Full) return;
    if (!sent) spdlog::debug("a message to an agent was not sent: {}", sent.error().context);
    waiting.pop_front();
  }
}

void send(SessionActor* self, const wire::SchedulerMessage& message) {
  auto frame = wire::encode(self->state.outbox.next(), message);
  if (!frame) {
    spdlog::error("a message to an agent could not be encoded: {}", frame.error().context);
    return;
  }
  self->state.waiting.push_back(std::move(*frame));
  send_waiting(self);
}

void tell_core(SessionActor* self, Event event) {
  self->send(self->state.scheduler, event_box(std::move(event)));
}

void end_session(SessionActor* self, const std::string& reason) {
  if (!self->state.session) return;
  tell_core(self, SessionClosed{self->state.agent, *self->state.session, reason});
  self->state.session.reset();
}

void begin_session(SessionActor* self, const wire::Envelope& envelope, const wire::Hello& hello) {
  auto& state = self->state;
  const SessionId session{hello.incarnation, hello.session};
  if (session <= state.newest)
    return;  // A Hello that was overtaken: the core would not know its session.
  state.newest = session;
  state.agent = hello.agent;
  state.session = session;
  state.inbox = wire::SessionInbox(hello.session);
  state.outbox = wire::SessionOutbox(hello.session);
  state.waiting.clear();
  if (state.inbox.receive(envelope) != wire::SessionInbox::Verdict::Next) {
    end_session(self, "its Hello was not its first message");
    send(self, wire::Rejoin{"a Hello is the first message of its session"});
    return;
  }
  tell_core(self, HelloReceived{hello});
}

constexpr ReadLimit chunk_limit{16'384, 256 << 10};

/// A part of a list; elements of failures have the keys of their items, which the run's plan knows.
Result<Columns> read_chunk(const wire::GetChunk& wanted, Store& store, StoredPlans* plans) {
  const StepRef step{wanted.run, wanted.step};
  const auto part = static_cast<Part>(wanted.part);
  if (part != Part::Failed) return store.read_list(step, part, wanted.first, chunk_limit);
  const auto plan = plan_of_run(wanted.run, store, plans);
  if (!plan) return tl::unexpected(plan.error());
  return read_step_list(step, **plan, part, wanted.first, chunk_limit, store);
}

/// A task reads a list: fetched from the store, sent back in the same session.
void fetch_chunk(SessionActor* self, const wire::GetChunk& wanted) {
  const caf::actor me(self);
  const SessionId session = *self->state.session;
  self->send(self->state.store,
             job_box([me, session, wanted, plans = self->state.plans](Store& store) {
               wire::Chunk chunk;
               chunk.request = wanted.request;
               chunk.first = wanted.first;
               const auto size =
                   store.list_size({wanted.run, wanted.step}, static_cast<Part>(wanted.part));
               auto columns = read_chunk(wanted, store, plans.get());
               if (size && columns) {
                 chunk.total = *size;
                 chunk.columns = std::move(*columns);
               } else {
                 chunk.error = size ? columns.error().context : size.error().context;
               }
               caf::anon_send(me, boxed(Outgoing{session, std::move(chunk)}));
             }));
}

void answer_question(SessionActor* self, const wire::LogPart& part) {
  const auto question = self->state.questions.find(part.request);
  if (question == self->state.questions.end()) return;
  question->second->answer(part);
  self->state.questions.erase(question);
}

/// One line a message: what it is to the core.
void forward(SessionActor* self, const FromAgentBox& box) {
  const AgentId agent = self->state.agent;
  const SessionId session = *self->state.session;
  struct Forward {
    SessionActor* self;
    AgentId agent;
    SessionId session;
    const FromAgentBox& box;
    void operator()(const wire::Hello&) const {}  // Begins a session, see begin_session().
    void operator()(const wire::Results& m) const {
      tell_core(self,
                ResultsReceived{agent, session, std::shared_ptr<const wire::Results>(box, &m)});
    }
    void operator()(const wire::PutChunk& m) const {
      tell_core(self,
                ChunkReceived{agent, session, std::shared_ptr<const wire::PutChunk>(box, &m)});
    }
    void operator()(const wire::CallFailed& m) const {
      tell_core(self, CallFailedReceived{agent, session, m});
    }
    void operator()(const wire::Released& m) const {
      tell_core(self, ReleasedReceived{agent, session, m});
    }
    void operator()(const wire::Heartbeat& m) const {
      tell_core(self, HeartbeatReceived{agent, session, m});
    }
    void operator()(const wire::Goodbye& m) const {
      tell_core(self, GoodbyeReceived{agent, session, m});
    }
    void operator()(const wire::GetChunk& m) const { fetch_chunk(self, m); }
    void operator()(const wire::LogPart& m) const { answer_question(self, m); }
  };
  std::visit(Forward{self, agent, session, box}, box->received.message);
}

void on_frame(SessionActor* self, const FromAgentBox& box) {
  const auto& envelope = box->received.envelope;
  if (const auto* hello = std::get_if<wire::Hello>(&box->received.message)) {
    begin_session(self, envelope, *hello);
    return;
  }
  const auto verdict =
      self->state.session ? self->state.inbox.receive(envelope) : wire::SessionInbox::Verdict::Gap;
  if (verdict == wire::SessionInbox::Verdict::Next) forward(self, box);
  if (verdict != wire::SessionInbox::Verdict::Gap) return;
  end_session(self, "a message is missing");
  self->state.outbox = wire::SessionOutbox(envelope.session);
  send(self, wire::Rejoin{"messages of this session are missing"});
}

caf::behavior session_actor(SessionActor* self, const net::Peer& peer, net::Gateway* gateway,
                            const caf::actor& scheduler, const caf::actor& store,
                            const std::shared_ptr<StoredPlans>& plans) {
  self->state.peer = peer;
  self->state.gateway = gateway;
  self->state.scheduler = scheduler;
  self->state.store = store;
  self->state.plans = plans;
  return {
      [self](const FromAgentBox& box) { on_frame(self, box); },
      [self](const OutgoingBox& box) {
        if (self->state.session == box->session) send(self, box->message);
      },
      [self](room_atom) { send_waiting(self); },
      [self](const LogQuestionBox& box) {
        wire::LogWanted wanted = box->wanted;
        wanted.request = self->state.next_question++;
        self->state.questions[wanted.request] = box;
        send(self, wanted);
      },
  };
}

}  // namespace

caf::actor spawn_session(caf::actor_system& system, net::Peer peer, net::Gateway& gateway,
                         caf::actor scheduler, caf::actor store,
                         std::shared_ptr<StoredPlans> plans) {
  return system.spawn(session_actor, peer, &gateway, scheduler, store, std::move(plans));
}

}  // namespace drover::scheduler
