#include "agent/host/call_clock.hpp"

#include <gtest/gtest.h>

namespace drover::agent {
namespace {

TEST(CallClock, CountsFromTheBeginningOfTheCall) { EXPECT_EQ(CallClock().ran_ns(100, 150), 50); }

TEST(CallClock, LeavesOutWhatTheCallWaitedButDoesNotStartAnew) {
  CallClock clock;
  clock.wait(110);
  clock.go_on(100, 140);
  EXPECT_EQ(clock.ran_ns(100, 150), 20);
  clock.wait(150);
  clock.go_on(100, 1150);
  EXPECT_EQ(clock.ran_ns(100, 1160), 30);
}

TEST(CallClock, DoesNotTakeTheWaitsOfOneCallFromAnother) {
  CallClock clock;
  clock.wait(110);
  clock.go_on(100, 140);
  EXPECT_EQ(clock.ran_ns(200, 250), 50);
}

TEST(CallClock, CountsAWaitOnlyFromWhenTheCallBegan) {
  CallClock clock;
  clock.wait(110);        // a call before it waited for room,
  clock.go_on(130, 140);  // and the next has begun meanwhile
  EXPECT_EQ(clock.ran_ns(130, 150), 10);
}

}  // namespace
}  // namespace drover::agent
