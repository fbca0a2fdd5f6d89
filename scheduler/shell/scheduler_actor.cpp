#include "scheduler/shell/scheduler_actor.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "scheduler/core/step.hpp"
#include "scheduler/shell/boxes.hpp"
#include "scheduler/shell/client_desk.hpp"
#include "scheduler/shell/failed_lists.hpp"
#include "scheduler/shell/find_reuse.hpp"
#include "scheduler/shell/grant_inputs.hpp"
#include "scheduler/shell/session_actor.hpp"
#include "scheduler/shell/step_paths.hpp"
#include "scheduler/shell/store_actor.hpp"

namespace drover::scheduler {
namespace {

using wake_atom = caf::atom_constant<caf::atom("wake")>;

struct Shell {
  State core;
  net::Gateway* gateway = nullptr;
  caf::actor store;
  caf::actor failed_lists;
  std::shared_ptr<Meter> meter;
  std::shared_ptr<StepPaths> paths = std::make_shared<StepPaths>();      // Used in store jobs only,
  std::shared_ptr<StoredPlans> plans = std::make_shared<StoredPlans>();  // as these are.
  std::map<net::Peer, caf::actor> sessions;                              // One per connected agent.
  std::map<AgentId, caf::actor> agents;  // The session actor that an agent's Hello came through.
  std::map<caf::actor_addr, std::pair<AgentId, SessionId>>
      told;  // What a session actor last said Hello for.
  std::optional<ClientDesk> desk;
  std::uint64_t wake_number = 0;  // Delayed sends cannot be cancelled: only the newest counts.
  std::vector<Save> saves;        // Of the event at hand, not yet handed to the store.

  // Destroyed when the actor ends. Sessions hold handles of it, and would keep the system up.
  ~Shell() {
    for (const auto& [peer, session] : sessions) {
      caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
    }
  }
};

using SchedulerActor = caf::stateful_actor<Shell>;

/// Everything saved so far goes to the store before what follows it.
void flush_saves(SchedulerActor* self) {
  if (self->state.saves.empty()) return;
  self->send(self->state.store, boxed(std::exchange(self->state.saves, {})));
}

void send_to_agent(SchedulerActor* self, const AgentId& agent, SessionId session,
                   wire::SchedulerMessage message) {
  const auto actor = self->state.agents.find(agent);
  if (actor == self->state.agents.end()) return;
  self->send(actor->second, boxed(Outgoing{session, std::move(message)}));
}

struct Perform {
  SchedulerActor* self;

  void operator()(Persist& effect) const { self->state.saves.push_back(std::move(effect.save)); }

  void operator()(ToAgent& effect) const {
    auto message =
        std::visit([](auto& m) { return wire::SchedulerMessage(std::move(m)); }, effect.message);
    send_to_agent(self, effect.agent, effect.session, std::move(message));
  }

  void operator()(SendGrant& effect) const {
    const auto actor = self->state.agents.find(effect.agent);
    if (actor == self->state.agents.end()) return;
    if (!needs_store(effect)) {
      deliver(fill_grant(effect, nullptr), effect, actor->second, caf::actor(self));
      return;
    }
    flush_saves(self);
    self->send(self->state.store,
               job_box([order = std::move(effect), session = actor->second, me = caf::actor(self),
                        paths = self->state.paths](Store& store) {
                 auto filled = fill_grant(order, &store);
                 if (filled) {
                   auto named = paths->fill(filled->grant, order, store);
                   if (!named) filled = tl::unexpected(named.error());
                 }
                 deliver(std::move(filled), order, session, me);
               }));
  }

  void operator()(CloseSession& effect) const {
    send_to_agent(self, effect.agent, effect.session, wire::Rejoin{"the session is over"});
  }

  void operator()(ToClient& effect) const {
    flush_saves(self);
    self->state.desk->answer(effect);
  }

  void operator()(RunEnded& effect) const {
    flush_saves(self);
    self->state.desk->run_ended(effect.run, self->state.core);
    self->send(self->state.store, job_box([paths = self->state.paths, run = effect.run](Store&) {
                 paths->forget(run);
               }));
    self->send(self->state.failed_lists, look_atom::value);
  }

  void operator()(FindReuse& effect) const {
    flush_saves(self);
    find_reuse(effect, self->state.store, caf::actor(self), self->state.plans);
  }

  void operator()(WakeAt& effect) const {
    const Duration wait = std::max(Duration::zero(), effect.when - monotonic_now());
    self->delayed_send(self, wait, wake_atom::value, ++self->state.wake_number);
  }

  static void deliver(Result<FilledGrant> filled, const SendGrant& order, const caf::actor& session,
                      const caf::actor& scheduler) {
    if (!filled) {
      caf::anon_send(scheduler, event_box(GrantRefused{order.lease, filled.error().context}));
      return;
    }
    if (filled->end)
      caf::anon_send(scheduler, event_box(GrantShortened{order.lease, *filled->end}));
    caf::anon_send(session, boxed(Outgoing{order.session, std::move(filled->grant)}));
  }
};

/// Events that come with every lease; gauges wait for one that does not, a heartbeat at the latest.
bool is_frequent(const Event& event) {
  return std::holds_alternative<ResultsReceived>(event) ||
         std::holds_alternative<ChunkReceived>(event) || std::holds_alternative<Committed>(event);
}

void handle(SchedulerActor* self, const Event& event) {
  Effects effects;
  step(self->state.core, event, monotonic_now(), effects);
  for (auto& effect : effects) {
    self->state.meter->count(effect);
    std::visit(Perform{self}, effect);
  }
  flush_saves(self);
  self->state.desk->take_waiting(self->state.core, self->state.agents);
  if (!is_frequent(event)) self->state.meter->gauge(self->state.core);
}

/// The session actor of a peer; a Hello makes it the one of its agent.
caf::actor session_of(SchedulerActor* self, const FromAgent& frame) {
  auto& session = self->state.sessions[frame.peer];
  if (!session) {
    session = spawn_session(self->system(), frame.peer, *self->state.gateway, caf::actor(self),
                            self->state.store, self->state.plans);
    self->monitor(session);
  }
  if (const auto* hello = std::get_if<wire::Hello>(&frame.received.message)) {
    auto& of_agent = self->state.agents[hello->agent];
    if (of_agent && of_agent != session)
      self->send_exit(of_agent, caf::exit_reason::normal);  // It connected anew.
    of_agent = session;
    self->state.told[session.address()] = {hello->agent,
                                           SessionId{hello->incarnation, hello->session}};
  }
  return session;
}

/// A session actor ended: to the core its session is closed.
void on_down(SchedulerActor* self, const caf::down_msg& down) {
  auto& state = self->state;
  std::erase_if(state.sessions,
                [&](const auto& entry) { return entry.second.address() == down.source; });
  std::erase_if(state.agents,
                [&](const auto& entry) { return entry.second.address() == down.source; });
  const auto told = state.told.find(down.source);
  if (told == state.told.end()) return;
  const auto [agent, session] = told->second;
  state.told.erase(told);
  handle(self, SessionClosed{agent, session, "its actor ended"});
}

caf::behavior scheduler_actor(SchedulerActor* self, const std::shared_ptr<SchedulerParts>& parts) {
  self->state.core = std::move(parts->state);
  self->state.gateway = parts->gateway;
  self->state.meter = parts->meter;
  self->state.store =
      spawn_store(self->system(), std::move(parts->store), caf::actor(self), parts->meter);
  self->link_to(self->state.store);
  self->state.failed_lists = spawn_failed_lists(self->system(), self->state.store,
                                                self->state.plans, parts->command_words);
  self->link_to(self->state.failed_lists);
  self->state.desk.emplace(DeskParts{caf::actor(self), self->state.store, parts->gateway,
                                     self->state.plans, parts->version, self->state.core.epoch});
  self->set_down_handler([self](caf::down_msg& down) { on_down(self, down); });
  handle(self, Started{});
  return {
      [self](const EventBox& event) { handle(self, *event); },
      [self](const FromAgentBox& frame) { self->send(session_of(self, *frame), frame); },
      [self](const FromClientBox& frame) {
        self->state.desk->take(frame, self->state.core, self->state.agents);
      },
      [self](room_atom, const net::Peer& peer) {
        const auto session = self->state.sessions.find(peer);
        if (session != self->state.sessions.end()) self->send(session->second, room_atom::value);
      },
      [self](gone_atom, const net::Peer& peer) {
        const auto session = self->state.sessions.find(peer);
        if (session != self->state.sessions.end())
          self->send_exit(session->second, caf::exit_reason::normal);
      },
      [self](wake_atom, std::uint64_t number) {
        if (number == self->state.wake_number) handle(self, TimeDue{});
      },
      [self](answered_atom, std::uint64_t token) { self->state.desk->close(ClientToken{token}); },
      [self](tasks_atom) { self->state.desk->take_waiting(self->state.core, self->state.agents); },
      [self](expire_atom, std::uint64_t waiter) {
        self->state.desk->expire(waiter, self->state.core);
      },
  };
}

}  // namespace

caf::actor spawn_scheduler(caf::actor_system& system, SchedulerParts parts) {
  return system.spawn(scheduler_actor, std::make_shared<SchedulerParts>(std::move(parts)));
}

}  // namespace drover::scheduler
