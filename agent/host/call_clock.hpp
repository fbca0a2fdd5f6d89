#pragma once

#include <algorithm>
#include <cstdint>

namespace drover::agent {

/// How long a worker's call runs, without the time in which it had to wait for its agent: for room
/// in the page, for a part of a list. A call is named by when it began. Times are nanoseconds of
/// the monotonic clock.
class CallClock {
 public:
  void wait(std::int64_t now_ns) { waits_from_ns_ = now_ns; }

  /// The wait is over; `since_ns` is when the call that waited began.
  void go_on(std::int64_t since_ns, std::int64_t now_ns) {
    if (call_since_ns_ != since_ns) {
      call_since_ns_ = since_ns;
      waited_ns_ = 0;
    }
    waited_ns_ += std::max<std::int64_t>(0, now_ns - std::max(waits_from_ns_, since_ns));
  }

  /// Of the call that began at `since_ns` and does not wait.
  std::int64_t ran_ns(std::int64_t since_ns, std::int64_t now_ns) const {
    const std::int64_t waited = call_since_ns_ == since_ns ? waited_ns_ : 0;
    return std::max<std::int64_t>(0, now_ns - since_ns - waited);
  }

 private:
  std::int64_t call_since_ns_ = 0;
  std::int64_t waited_ns_ = 0;  // before the present wait
  std::int64_t waits_from_ns_ = 0;
};

}  // namespace drover::agent
