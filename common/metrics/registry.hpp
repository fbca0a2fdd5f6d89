#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <string>

#include "common/metrics/names.hpp"

namespace drover::metrics {

/// A process's metrics, made by the names of names.hpp. References it gives stay valid as long as
/// it.
class Registry {
 public:
  prometheus::Family<prometheus::Counter>& counters(const Name& name) {
    return prometheus::BuildCounter().Name(name.name).Help(name.help).Register(registry_);
  }
  prometheus::Family<prometheus::Gauge>& gauges(const Name& name) {
    return prometheus::BuildGauge().Name(name.name).Help(name.help).Register(registry_);
  }
  prometheus::Counter& counter(const Name& name) { return counters(name).Add({}); }
  prometheus::Gauge& gauge(const Name& name) { return gauges(name).Add({}); }

  template <class Buckets>
  prometheus::Histogram& histogram(const Name& name, const Buckets& buckets) {
    return prometheus::BuildHistogram().Name(name.name).Help(name.help).Register(registry_).Add(
        {}, prometheus::Histogram::BucketBoundaries(buckets.begin(), buckets.end()));
  }

  /// Everything, in Prometheus' text format.
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, registry_.Collect());
    return out.str();
  }

 private:
  prometheus::Registry registry_;
};

}  // namespace drover::metrics
