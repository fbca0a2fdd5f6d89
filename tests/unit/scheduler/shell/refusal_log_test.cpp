#include "scheduler/shell/refusal_log.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drover::scheduler {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant start{seconds(1'000)};

TEST(RefusalLog, WritesOneLineInTenSecondsAndSaysHowManyThereWere) {
  RefusalLog log;
  EXPECT_EQ(log.note({"a"}, start), 1U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(log.note({"a"}, start + seconds(i)), 0U);
  EXPECT_EQ(log.note({"a"}, start + milliseconds(9'999)), 0U);
  EXPECT_EQ(log.note({"a"}, start + seconds(10)), 7U);
  EXPECT_EQ(log.note({"a"}, start + seconds(11)), 0U);
  EXPECT_EQ(log.note({"a"}, start + seconds(20)), 2U);
}

TEST(RefusalLog, TellsPeersApart) {
  RefusalLog log;
  EXPECT_EQ(log.note({"a"}, start), 1U);
  EXPECT_EQ(log.note({"b"}, start), 1U);
  EXPECT_EQ(log.note({"b"}, start), 0U);
}

TEST(RefusalLog, CountsPeersBeyondAThousandAsOne) {
  RefusalLog log;
  int lines = 0;
  for (int i = 0; i < 5'000; ++i) lines += log.note({"peer " + std::to_string(i)}, start) > 0;
  EXPECT_EQ(lines, 1'001);
  EXPECT_EQ(log.note({"one more"}, start + seconds(10)), 1U) << "the others are forgotten";
}

}  // namespace
}  // namespace drover::scheduler
