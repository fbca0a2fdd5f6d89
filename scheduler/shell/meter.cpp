#include "scheduler/shell/meter.hpp"

#include <algorithm>
#include <vector>

#include "common/metrics/names.hpp"
#include "common/metrics/registry.hpp"
#include "scheduler/core/executing.hpp"

namespace drover::scheduler {

struct Meter::Parts {
  metrics::Registry registry;
  prometheus::Family<prometheus::Counter>& items = registry.counters(metrics::items_total);
  prometheus::Counter& items_done = items.Add({{"outcome", "done"}});
  prometheus::Counter& items_failed = items.Add({{"outcome", "failed"}});
  prometheus::Family<prometheus::Counter>& retries = registry.counters(metrics::retries_total);
  prometheus::Family<prometheus::Counter>& failures = registry.counters(metrics::failures_total);
  prometheus::Family<prometheus::Counter>& runs = registry.counters(metrics::runs_total);
  prometheus::Counter& leases = registry.counter(metrics::leases_total);
  prometheus::Counter& bytes = registry.counter(metrics::result_bytes_total);
  prometheus::Counter& saves = registry.counter(metrics::saves_total);
  prometheus::Histogram& item_seconds =
      registry.histogram(metrics::item_seconds, metrics::item_seconds_buckets);
  prometheus::Histogram& commit_seconds =
      registry.histogram(metrics::commit_seconds, metrics::commit_seconds_buckets);
  prometheus::Gauge& runs_active = registry.gauge(metrics::runs_active);
  prometheus::Gauge& agents = registry.gauge(metrics::agents_connected);
  prometheus::Gauge& slots = registry.gauge(metrics::slots);
  prometheus::Gauge& slots_busy = registry.gauge(metrics::slots_busy);
  prometheus::Gauge& items_waiting = registry.gauge(metrics::items_waiting);

  void count(const SaveResults& save) {
    std::uint64_t done = 0;
    for (const auto& range : save.done) done += range.size();
    items_done.Increment(static_cast<double>(done));
    bytes.Increment(static_cast<double>(save.results->columns.bytes.size()));
    observe(save);
  }
  /// Each item counts; of a whole message the histogram is told once.
  void observe(const SaveResults& save) {
    const auto& bounds = metrics::item_seconds_buckets;
    const auto& seconds = save.results->seconds;
    std::vector<double> increments(bounds.size() + 1);
    double sum = 0;
    for (const auto& range : save.done) {
      for (ItemIndex item = range.first; item < range.last; ++item) {
        const std::size_t at = item - save.results->first;
        if (at >= seconds.size()) break;
        const auto took = static_cast<double>(seconds[at]);
        sum += took;
        increments[static_cast<std::size_t>(std::ranges::lower_bound(bounds, took) -
                                            bounds.begin())] += 1;
      }
    }
    item_seconds.ObserveMultiple(increments, sum);
  }
  void count(const SaveFailure& save) {
    item_seconds.Observe(static_cast<double>(save.seconds));
    const std::string cause(name_of(save.cause));
    if (save.final) {
      items_failed.Increment();
      failures.Add({{"cause", cause}}).Increment();
    } else {
      retries.Add({{"cause", cause}}).Increment();
    }
  }
  void count(const SaveRunEnded& save) {
    runs.Add({{"state", std::string(name_of(save.state))}}).Increment();
  }
  template <class Other>
  void count(const Other&) {}
};

Meter::Meter() : parts_(std::make_unique<Parts>()) {}
Meter::~Meter() = default;

void Meter::count(const Effect& effect) {
  if (const auto* persist = std::get_if<Persist>(&effect)) {
    std::visit([&](const auto& save) { parts_->count(save); }, persist->save.what);
  } else if (std::holds_alternative<SendGrant>(effect)) {
    parts_->leases.Increment();
  }
}

void Meter::gauge(const State& state) {
  std::size_t agents = 0;
  std::size_t slots = 0;
  std::size_t busy = 0;
  for (const auto& [id, agent] : state.agents) {
    if (!agent.session) continue;
    ++agents;
    slots += agent.slots.size();
    for (const auto& [number, slot] : agent.slots) busy += is_busy(agent, slot) ? 1 : 0;
  }
  std::uint64_t waiting = 0;
  for (const auto& [id, run] : state.runs) {
    for (const auto& step : run.steps) waiting += step.free.size() + step.retry_queue.size();
  }
  parts_->runs_active.Set(static_cast<double>(state.runs.size()));
  parts_->agents.Set(static_cast<double>(agents));
  parts_->slots.Set(static_cast<double>(slots));
  parts_->slots_busy.Set(static_cast<double>(busy));
  parts_->items_waiting.Set(static_cast<double>(waiting));
}

void Meter::committed(std::size_t saves, Duration took) {
  parts_->saves.Increment(static_cast<double>(saves));
  parts_->commit_seconds.Observe(std::chrono::duration<double>(took).count());
}

std::string Meter::text() const { return parts_->registry.text(); }

}  // namespace drover::scheduler
