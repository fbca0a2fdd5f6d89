#pragma once

#include <memory>
#include <string>

#include "agent/core/effect.hpp"
#include "agent/core/state.hpp"

namespace drover::agent {

/// Counts what passes the agent actor, for Prometheus. Decides nothing.
///
/// Threads  Any; text() as well.
class Meter {
 public:
  Meter();
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  void count(const Event& event);
  void count(const Effect& effect);
  void gauge(const State& state);

  std::string text() const;  ///< In Prometheus' text format.

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace drover::agent
