#pragma once

#include <memory>
#include <string>

#include "common/units.hpp"
#include "scheduler/core/effect.hpp"
#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// Counts what passes the scheduler actor and what the store commits, for Prometheus. Decides
/// nothing.
///
/// Threads  Any; text() as well.
class Meter {
 public:
  Meter();
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  void count(const Effect& effect);
  void gauge(const State& state);  ///< Sets what is counted from the state, not from events.
  void committed(std::size_t saves, Duration took);

  std::string text() const;  ///< In Prometheus' text format.

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::scheduler
