#pragma once

#include "scheduler/core/state.hpp"

namespace drover::scheduler {

/// Where an item that failed may be tried again: on another agent than it failed on, else in
/// another slot, while one that fits is connected, if busy. After retry_elsewhere_within anywhere.
class RetryPlace {
 public:
  /// Looks at the pool; what is passed must outlive this.
  RetryPlace(const State& state, const Step& step, const PlanStep& plan, const Charges& charges,
             Instant now);

  bool allows(const Agent& agent, std::uint32_t slot) const;
  /// How long it still keeps away from places; zero where it does not.
  Duration left() const { return left_; }

 private:
  enum class Avoids : std::uint8_t { Nothing, Slots, Agents };

  const Charges& charges_;
  Avoids avoids_ = Avoids::Nothing;
  Duration left_ = Duration::zero();
};

}  // namespace drover::scheduler
