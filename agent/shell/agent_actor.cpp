#include "agent/shell/agent_actor.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <map>
#include <utility>

#include "agent/core/step.hpp"
#include "agent/shell/boxes.hpp"
#include "agent/shell/supervisor_actor.hpp"
#include "agent/shell/uplink_actor.hpp"
#include "common/clock.hpp"

namespace drover::agent {
namespace {

using wake_atom = caf::atom_constant<caf::atom("wake")>;

struct Shell {
  State core;
  std::shared_ptr<WorkerHost> host;  // Shared with the supervisors.
  std::shared_ptr<Meter> meter;
  std::function<void()> on_finished;
  caf::actor uplink;
  std::map<std::uint32_t, caf::actor> supervisors;
  std::uint64_t wake_number = 0;  // Delayed sends cannot be cancelled: only the newest counts.

  // Destroyed when the actor ends. Supervisors hold handles of it, and would keep the system up.
  ~Shell() {
    for (const auto& [slot, supervisor] : supervisors) {
      caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
    }
  }
};

using AgentActor = caf::stateful_actor<Shell>;

struct Perform {
  AgentActor* self;

  void operator()(const StartWorker& effect) const { order(effect.slot, effect); }
  void operator()(const ReloadWorker& effect) const { order(effect.slot, effect); }
  void operator()(const RunLease& effect) const { order(effect.slot, effect); }
  void operator()(const StopLease& effect) const { order(effect.slot, effect); }
  void operator()(const StopWorkers&) const { self->state.host->stop_workers(); }

  void operator()(OpenSession& effect) const {
    self->send(self->state.uplink, boxed(std::move(effect.hello)));
  }
  void operator()(const Send& effect) const {
    self->send(self->state.uplink,
               std::visit([](const auto& m) { return message_of(m); }, effect.message));
  }
  void operator()(const SendHeartbeat&) const {
    self->send(self->state.uplink, message_of(wire::Heartbeat{self->state.host->progress()}));
  }
  void operator()(const HoldWorkers& effect) const { self->state.host->hold(effect.hold); }
  void operator()(const AskForChunksAgain&) const { self->state.host->ask_for_chunks_again(); }
  void operator()(const Finished&) const { self->state.on_finished(); }
  void operator()(const WakeAt& effect) const {
    const Duration wait = std::max(Duration::zero(), effect.when - monotonic_now());
    self->delayed_send(self, wait, wake_atom::value, ++self->state.wake_number);
  }

  void order(std::uint32_t slot,
             std::variant<StartWorker, ReloadWorker, RunLease, StopLease> what) const {
    self->send(self->state.supervisors.at(slot),
               std::make_shared<const WorkerOrder>(WorkerOrder{std::move(what)}));
  }

  /// Shared results are not copied: the message would hold them by value, so they are copied once,
  /// here.
  template <class Message>
  static MessageBox message_of(const std::shared_ptr<const Message>& message) {
    return boxed(wire::AgentMessage(*message));
  }
  template <class Message>
  static MessageBox message_of(const Message& message) {
    return boxed(wire::AgentMessage(message));
  }
};

void handle(AgentActor* self, const Event& event) {
  Effects effects;
  step(self->state.core, event, monotonic_now(), effects);
  for (auto& effect : effects) {
    self->state.meter->count(effect);
    std::visit(Perform{self}, effect);
  }
  self->state.meter->count(event);
  self->state.meter->gauge(self->state.core);
}

/// Hands what happens on the host's thread to the actor that stands for the slot, or to the agent.
struct HostDoor {
  caf::actor agent;
  std::map<std::uint32_t, caf::actor> supervisors;

  void operator()(const ChunkWanted& event) const {
    caf::anon_send(agent, boxed(wire::AgentMessage(event.wanted)));
  }
  void operator()(const TasksTouched& event) const { caf::anon_send(agent, event_box(event)); }
  void operator()(const TasksBuilt& event) const { caf::anon_send(agent, event_box(event)); }
  template <class Happened>
  void operator()(const Happened& event) const {
    caf::anon_send(supervisors.at(event.slot), event_box(event));
  }
};

/// The host calls back from its first moment on; its supervisors need it to be spawned. So the door
/// opens later.
struct LateDoor {
  std::shared_ptr<HostDoor> door = std::make_shared<HostDoor>();
  void operator()(const HostEvent& event) const { std::visit(*door, event); }
};

wire::AgentMessage log_answer(const WorkerHost& host, const wire::LogWanted& wanted) {
  wire::LogPart part;
  part.request = wanted.request;
  auto text = host.logs().read(wanted.lease, wanted.item);
  if (text) {
    part.bytes = std::move(text->bytes);
    part.note = std::move(text->note);
  } else {
    part.error = text.error().context;
  }
  return part;
}

caf::behavior agent_actor(AgentActor* self, const std::shared_ptr<AgentParts>& parts) {
  auto& state = self->state;
  state.core = std::move(parts->state);
  state.meter = parts->meter;
  state.on_finished = parts->on_finished;
  LateDoor door;
  auto host = WorkerHost::start(parts->host, door);
  if (!host) {
    spdlog::critical("{}", host.error().context);
    state.on_finished();
    return {};
  }
  state.host = std::move(*host);
  door.door->agent = caf::actor(self);
  for (const auto& [number, slot] : state.core.slots) {
    auto supervisor = spawn_supervisor(self->system(), number, state.host, caf::actor(self));
    self->monitor(supervisor);
    state.supervisors[number] = supervisor;
  }
  door.door->supervisors = state.supervisors;
  state.uplink = spawn_uplink(self->system(), parts->scheduler, caf::actor(self));
  self->link_to(state.uplink);
  self->set_down_handler([](const caf::down_msg& down) {
    spdlog::error("a supervisor ended: {}", caf::to_string(down.reason));
  });
  handle(self, Started{});
  return {
      [self](const EventBox& event) { handle(self, *event); },
      [self](const MessageBox& message) { self->send(self->state.uplink, message); },
      [self](const ChunkBox& chunk) { self->state.host->give_chunk(*chunk); },
      [self](const LogWantedBox& wanted) {
        self->send(self->state.uplink, boxed(log_answer(*self->state.host, *wanted)));
      },
      [self](wake_atom, std::uint64_t number) {
        if (number == self->state.wake_number) handle(self, TimeDue{});
      },
  };
}

}  // namespace

caf::actor spawn_agent(caf::actor_system& system, AgentParts parts) {
  return system.spawn(agent_actor, std::make_shared<AgentParts>(std::move(parts)));
}

}  // namespace drover::agent
