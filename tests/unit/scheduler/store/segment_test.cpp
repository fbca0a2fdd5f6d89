#include "scheduler/store/segment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;

TEST(SegmentSeconds, AreExactToOnePartInTwoThousand) {
  for (float seconds = 1e-9F; seconds < 1e9F; seconds *= 1.037F) {
    EXPECT_NEAR(unpack_seconds(pack_seconds(seconds)), seconds, seconds / 2000) << seconds;
  }
  EXPECT_EQ(unpack_seconds(pack_seconds(0)), 0.0F);
  EXPECT_EQ(unpack_seconds(pack_seconds(-1)), 0.0F);
  EXPECT_EQ(unpack_seconds(pack_seconds(0.25F)), 0.25F);
  EXPECT_GT(unpack_seconds(pack_seconds(1e30F)), 1e9F);
}

TEST(SegmentShape, KeepsLengthsAndSecondsOfAnyValues) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    Columns columns;
    std::vector<float> seconds;
    const std::size_t count = 1 + random() % 50;
    const std::size_t longest = round % 3 == 0 ? 300 : round % 3 == 1 ? 2 : 1;
    for (std::size_t i = 0; i < count; ++i) {
      columns.push_back(std::string(random() % (longest + 1), 'x'));
      seconds.push_back(round % 2 == 0 ? 0.5F : static_cast<float>(1 << random() % 10));
    }
    if (round % 5 == 0) seconds.clear();

    const auto read =
        must(decode_segment(count, encode_shape(columns.offsets, seconds), columns.bytes));
    EXPECT_EQ(read.columns, columns);
    EXPECT_EQ(read.seconds, seconds);
  }
}

TEST(SegmentShape, OfEquallyLongValuesTakesTwoBytesAnItem) {
  Columns columns;
  std::vector<float> seconds;
  for (int i = 0; i < 1000; ++i) {
    columns.push_back("12345");
    seconds.push_back(static_cast<float>(i));
  }
  EXPECT_EQ(encode_shape(columns.offsets, seconds).size(), 2 + 2 * 1000U);
}

TEST(SegmentShape, ThatIsDamagedIsAnErrorAndNeverACrash) {
  const Columns columns = ints(0, 300);
  const std::vector<float> seconds(300, 0.25F);
  const std::string shape = encode_shape(columns.offsets, seconds);
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string broken = shape.substr(0, random() % (shape.size() + 1));
    for (std::uint32_t i = random() % 4; i > 0 && !broken.empty(); --i) {
      broken[random() % broken.size()] = static_cast<char>(random());
    }
    const auto read = decode_segment(300, broken, columns.bytes);
    EXPECT_TRUE(!read || read->columns.well_formed());
  }
  EXPECT_FALSE(decode_segment(0, shape, columns.bytes));
  EXPECT_FALSE(decode_segment(~0ULL, shape, columns.bytes));
  EXPECT_FALSE(decode_segment(299, shape, columns.bytes));
}

TEST(SegmentRanges, JoinWhatLiesCloseAndStayShort) {
  EXPECT_THAT(segment_ranges(std::vector<Range>{{3, 9}}), ElementsAre(Range{3, 9}));
  EXPECT_THAT(segment_ranges(std::vector<Range>{{3, 9}, {20, 21}}), ElementsAre(Range{3, 21}));
  EXPECT_THAT(segment_ranges(std::vector<Range>{{3, 9}, {500, 501}}),
              ElementsAre(Range{3, 9}, Range{500, 501}));
  EXPECT_THAT(segment_ranges(std::vector<Range>{{0, 20000}}),
              ElementsAre(Range{0, 16384}, Range{16384, 20000}));
  EXPECT_THAT(segment_ranges(std::vector<Range>{{0, 16380}, {16382, 16390}}),
              ElementsAre(Range{0, 16384}, Range{16384, 16390}));
}

}  // namespace
}  // namespace drover::scheduler
