#include "agent/shell/meter.hpp"

#include <array>

#include "common/metrics/names.hpp"
#include "common/metrics/registry.hpp"

namespace drover::agent {
namespace {

constexpr std::array<std::pair<WorkerState, const char*>, 4> worker_states{
    {{WorkerState::Starting, "starting"},
     {WorkerState::Idle, "idle"},
     {WorkerState::Busy, "busy"},
     {WorkerState::Off, "off"}}};

}  // namespace

struct Meter::Parts {
  metrics::Registry registry;
  prometheus::Family<prometheus::Gauge>& slots = registry.gauges(metrics::agent_slots);
  prometheus::Family<prometheus::Counter>& deaths =
      registry.counters(metrics::agent_worker_deaths_total);
  prometheus::Counter& starts = registry.counter(metrics::agent_worker_starts_total);
  prometheus::Counter& sessions = registry.counter(metrics::agent_sessions_total);
  prometheus::Gauge& unanswered = registry.gauge(metrics::agent_unanswered_bytes);
  prometheus::Gauge& connected = registry.gauge(metrics::agent_connected);
};

Meter::Meter() : parts_(std::make_unique<Parts>()) {}
Meter::~Meter() = default;

void Meter::count(const Event& event) {
  if (const auto* died = std::get_if<WorkerDied>(&event); died != nullptr && !died->reloads) {
    parts_->deaths.Add({{"cause", std::string(name_of(died->cause))}}).Increment();
  }
}

void Meter::count(const Effect& effect) {
  if (std::holds_alternative<StartWorker>(effect)) parts_->starts.Increment();
  if (std::holds_alternative<OpenSession>(effect)) parts_->sessions.Increment();
}

void Meter::gauge(const State& state) {
  for (const auto& [worker, name] : worker_states) {
    double count = 0;
    for (const auto& [number, slot] : state.slots) count += slot.worker == worker ? 1 : 0;
    parts_->slots.Add({{"worker", name}}).Set(count);
  }
  parts_->unanswered.Set(static_cast<double>(state.unanswered_bytes));
  parts_->connected.Set(state.uplink == Uplink::Welcomed ? 1 : 0);
}

std::string Meter::text() const { return parts_->registry.text(); }

}  // namespace drover::agent
