#include "tools/render/numbers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::tools {
namespace {

using testing::ElementsAre;

TEST(Numbers, AreReadableAtEverySize) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(12'288), "12,288");
  EXPECT_EQ(with_commas(10'000'000), "10,000,000");
  EXPECT_EQ(rate_text(57.84), "57.8/s");
  EXPECT_EQ(rate_text(0), "");
  EXPECT_EQ(rate_text(0.02), "1.2/min");
  EXPECT_EQ(rate_text(412.3), "412/s");
  EXPECT_EQ(rate_text(45'200), "45 k/s");
  EXPECT_EQ(rate_text(2'510'000), "2.5 M/s");
  EXPECT_EQ(bytes_text(98'104), "95.8 KiB");
}

TEST(Numbers, DurationsChangeTheirUnitWithTheirSize) {
  EXPECT_EQ(duration_text(0), "<1 ms");
  EXPECT_EQ(duration_text(0.000008), "8 µs");
  EXPECT_EQ(duration_text(0.031), "31 ms");
  EXPECT_EQ(duration_text(14.04), "14.0 s");
  EXPECT_EQ(duration_text(59.97), "1 min 00 s");
  EXPECT_EQ(duration_text(161), "2 min 41 s");
  EXPECT_EQ(duration_text(3 * 3600 + 5 * 60), "3 h 05 min");
  EXPECT_EQ(rough_duration(0.2), "<1 s");
  EXPECT_EQ(rough_duration(5.1), "~5 s");
}

TEST(Numbers, TextIsMeasuredAndCutInCharactersNotBytes) {
  EXPECT_EQ(width_of("µs"), 2U);
  EXPECT_EQ(padded("µs", 4), "µs  ");
  EXPECT_EQ(padded("7", 3, true), "  7");
  EXPECT_EQ(cut_to("größer", 6), "größer");
  EXPECT_EQ(cut_to("größer", 4), "grö…");
}

TEST(Numbers, ACommandInALineIsNotBroken) {
  EXPECT_THAT(
      broken_at_blanks("what is wrong with libraries:  drover agents --state /a/b   what it "
                       "takes:  drover tasks look",
                       40, 2),
      ElementsAre("what is wrong with libraries:", "  drover agents --state /a/b   what it",
                  "  takes:  drover tasks look"));
  EXPECT_THAT(
      broken_at_blanks("a new run takes it (drover run a.yaml -i 'n=a b'), or build it", 30, 0),
      ElementsAre("a new run takes it", "(drover run a.yaml -i 'n=a b'),", "or build it"));
}

}  // namespace
}  // namespace drover::tools
