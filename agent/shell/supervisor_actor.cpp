#include "agent/shell/supervisor_actor.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>

#include "agent/shell/boxes.hpp"

namespace drover::agent {
namespace {

struct SupervisorState {
  std::uint32_t slot = 0;
  std::shared_ptr<WorkerHost> host;
  caf::actor agent;
};

using SupervisorActor = caf::stateful_actor<SupervisorState>;

struct Obey {
  SupervisorActor* self;
  void operator()(const StartWorker&) const { self->state.host->start_worker(self->state.slot); }
  void operator()(const ReloadWorker&) const { self->state.host->reload_worker(self->state.slot); }
  void operator()(const RunLease& order) const {
    self->state.host->run(self->state.slot, order.grant);
  }
  void operator()(const StopLease& order) const {
    self->state.host->stop_lease(self->state.slot, order.lease, order.wanted);
  }
};

void log_death(const EventBox& event) {
  if (const auto* died = std::get_if<WorkerDied>(event.get())) {
    if (died->reloads) {
      spdlog::info("the worker of slot {} left: {}", died->slot, died->text);
    } else {
      spdlog::warn("the worker of slot {} died: {}", died->slot, died->text);
    }
  }
}

caf::behavior supervisor_actor(SupervisorActor* self, std::uint32_t slot,
                               const std::shared_ptr<WorkerHost>& host, const caf::actor& agent) {
  self->state.slot = slot;
  self->state.host = host;
  self->state.agent = agent;
  return {
      [self](const WorkerOrderBox& box) { std::visit(Obey{self}, box->order); },
      [self](const EventBox& event) {
        log_death(event);
        self->send(self->state.agent, event);
      },
  };
}

}  // namespace

caf::actor spawn_supervisor(caf::actor_system& system, std::uint32_t slot,
                            std::shared_ptr<WorkerHost> host, caf::actor agent) {
  return system.spawn(supervisor_actor, slot, std::move(host), agent);
}

}  // namespace drover::agent
