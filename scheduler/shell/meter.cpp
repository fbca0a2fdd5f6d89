#include "scheduler/shell/meter.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <vector>

#include "common/metrics/names.hpp"

namespace drover::scheduler {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

template <class Buckets>
Histogram::BucketBoundaries boundaries(const Buckets& buckets) {
  return Histogram::BucketBoundaries(buckets.begin(), buckets.end());
}

}  // namespace

struct Meter::Parts {
  prometheus::Registry registry;

  Family<Counter>& counters(const metrics::Name& name) {
    return prometheus::BuildCounter().Name(name.name).Help(name.help).Register(registry);
  }
  Gauge& gauge(const metrics::Name& name) {
    return prometheus::BuildGauge().Name(name.name).Help(name.help).Register(registry).Add({});
  }
  template <class Buckets>
  Histogram& histogram(const metrics::Name& name, const Buckets& buckets) {
    return prometheus::BuildHistogram().Name(name.name).Help(name.help).Register(registry).Add(
        {}, boundaries(buckets));
  }

  Family<Counter>& items = counters(metrics::items_total);
  Counter& items_done = items.Add({{"outcome", "done"}});
  Counter& items_failed = items.Add({{"outcome", "failed"}});
  Family<Counter>& retries = counters(metrics::retries_total);
  Family<Counter>& failures = counters(metrics::failures_total);
  Family<Counter>& runs = counters(metrics::runs_total);
  Counter& leases = counters(metrics::leases_total).Add({});
  Counter& bytes = counters(metrics::result_bytes_total).Add({});
  Counter& saves = counters(metrics::saves_total).Add({});
  Histogram& item_seconds = histogram(metrics::item_seconds, metrics::item_seconds_buckets);
  Histogram& commit_seconds = histogram(metrics::commit_seconds, metrics::commit_seconds_buckets);
  Gauge& runs_active = gauge(metrics::runs_active);
  Gauge& agents = gauge(metrics::agents_connected);
  Gauge& slots = gauge(metrics::slots);
  Gauge& slots_busy = gauge(metrics::slots_busy);
  Gauge& items_waiting = gauge(metrics::items_waiting);

  void count(const SaveResults& save) {
    std::uint64_t done = 0;
    for (const auto& range : save.done) done += range.size();
    items_done.Increment(static_cast<double>(done));
    bytes.Increment(static_cast<double>(save.results->columns.bytes.size()));
    double seconds = 0;
    for (const float item : save.results->seconds) seconds += static_cast<double>(item);
    if (!save.results->seconds.empty()) {
      item_seconds.Observe(seconds / static_cast<double>(save.results->seconds.size()));
    }
  }
  void count(const SaveFailure& save) {
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
    for (const auto& [number, slot] : agent.slots) busy += slot.leases.empty() ? 0 : 1;
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

std::string Meter::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, parts_->registry.Collect());
  return out.str();
}

}  // namespace drover::scheduler
