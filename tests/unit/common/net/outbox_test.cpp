#include "common/net/outbox.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "common/wire/limits.hpp"

namespace drover::net {
namespace {

const Peer anna{"anna"};
const Peer bert{"bert"};

bool awake(const Wakeup& wakeup) {
  pollfd wanted{wakeup.fd(), POLLIN, 0};
  return ::poll(&wanted, 1, 0) == 1;
}

struct Outboxes : ::testing::Test {
  std::shared_ptr<Wakeup> wakeup = std::make_shared<Wakeup>();
  Outbox outbox{{.per_peer = 1000, .in_all = 5000}, wakeup};
};

TEST_F(Outboxes, GiveFramesInTheOrderTheyCame) {
  for (const auto* text : {"one", "two", "three"}) EXPECT_TRUE(outbox.put(anna, text));
  EXPECT_TRUE(awake(*wakeup));
  const auto frames = outbox.take();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].message.to_string_view(), "one");
  EXPECT_EQ(frames[2].message.to_string_view(), "three");
  EXPECT_TRUE(outbox.take().empty());
}

TEST_F(Outboxes, RefuseWhatExceedsAPeersRoomUntilItIsWritten) {
  EXPECT_TRUE(outbox.put(anna, std::string(900, 'a')));
  auto on_its_way = outbox.take();
  EXPECT_EQ(outbox.put(anna, std::string(900, 'b')).error().code, ErrorCode::Full);
  EXPECT_TRUE(outbox.put(bert, std::string(900, 'c')));
  EXPECT_GE(outbox.waiting(anna), 900U);

  on_its_way.clear();
  EXPECT_EQ(outbox.waiting(anna), 0U);
  EXPECT_TRUE(outbox.put(anna, std::string(900, 'b')));
}

TEST_F(Outboxes, TakeOneFrameHoweverLargeWhereNothingWaits) {
  EXPECT_TRUE(outbox.put(anna, std::string(3000, 'a')));
  EXPECT_EQ(outbox.put(anna, "b").error().code, ErrorCode::Full);
}

TEST_F(Outboxes, SayOnceWhenAPeerThatWasRefusedHasRoomAgain) {
  EXPECT_TRUE(outbox.put(anna, std::string(400, 'a')));
  EXPECT_TRUE(outbox.put(anna, std::string(400, 'b')));
  EXPECT_FALSE(outbox.put(anna, std::string(400, 'c')));
  auto frames = outbox.take();
  wakeup->drain();
  EXPECT_TRUE(outbox.take_relieved().empty());

  frames.erase(frames.begin());
  EXPECT_TRUE(awake(*wakeup));
  EXPECT_EQ(outbox.take_relieved(), std::vector{anna});
  frames.clear();
  EXPECT_TRUE(outbox.take_relieved().empty());
}

TEST_F(Outboxes, BoundWhatWaitsForAllPeersTogether) {
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(outbox.put(Peer{std::to_string(i)}, std::string(900, 'a')));
  EXPECT_EQ(outbox.put(bert, std::string(900, 'b')).error().code, ErrorCode::Full);
  EXPECT_EQ(outbox.waiting(bert), 0U);
}

TEST_F(Outboxes, RefuseFramesAboveTheLimitOfTheWire) {
  EXPECT_EQ(outbox.put(anna, std::string(wire::max_frame_bytes + 1, 'a')).error().code,
            ErrorCode::TooLarge);
}

TEST_F(Outboxes, RefuseEverythingForTheReasonGiven) {
  outbox.refuse("closed");
  EXPECT_EQ(outbox.put(anna, "a").error(), (Error{ErrorCode::Unavailable, "closed"}));
  outbox.accept();
  EXPECT_TRUE(outbox.put(anna, "a"));
}

TEST_F(Outboxes, WakeWhoWaitsForAFrameToBeWritten) {
  EXPECT_TRUE(outbox.put(anna, "a"));
  auto frames = outbox.take();
  wakeup->drain();
  outbox.wake_when_written();
  EXPECT_FALSE(awake(*wakeup));
  frames.clear();
  EXPECT_TRUE(awake(*wakeup));
}

}  // namespace
}  // namespace drover::net
