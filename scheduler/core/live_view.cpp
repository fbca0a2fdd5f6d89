#include "scheduler/core/live_view.hpp"

namespace drover::scheduler {

LiveView live_view(const State& state, Instant now) {
  // All of it, then without what is held: a field that State gains later is not forgotten here.
  // What is held is what one commit lets go, so copying it costs little.
  LiveView view{state, now};
  view.state.held.clear();
  return view;
}

}  // namespace drover::scheduler
