#include "common/spelling.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drover {
namespace {

using namespace std::chrono_literals;

TEST(Spelling, GroupsDigitsByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(12'345'678), "12,345,678");
}

TEST(Spelling, CountsInSingularAndPlural) {
  EXPECT_EQ(counted(1, "image"), "1 image");
  EXPECT_EQ(counted(0, "image"), "0 images");
  EXPECT_EQ(counted(9488, "image"), "9,488 images");
}

TEST(Spelling, SaysDurationsAsPreciselyAsAPersonWantsThem) {
  EXPECT_EQ(spoken(Duration(310ms)), "0.31 s");
  EXPECT_EQ(spoken(Duration(3100ms)), "3.1 s");
  EXPECT_EQ(spoken(Duration(996ms)), "1.0 s");
  EXPECT_EQ(spoken(Duration(40s)), "40 s");
  EXPECT_EQ(spoken(Duration(161s)), "2 min 41 s");
  EXPECT_EQ(spoken(Duration(12000s)), "3 h 20 min");
  EXPECT_EQ(spoken(Duration(-5s)), "0.00 s");
}

TEST(Spelling, SaysBytesInTheUnitThatFits) {
  EXPECT_EQ(spoken(Bytes{512}), "512 bytes");
  EXPECT_EQ(spoken(1536_MiB), "1.5 GiB");
  EXPECT_EQ(spoken(1024_KiB), "1.0 MiB");
}

TEST(Spelling, ListsNamesAndCountsWhatItLeavesOut) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(listed(Names{}), "");
  EXPECT_EQ(listed(Names{"a"}), "a");
  EXPECT_EQ(listed(Names{"a", "b"}), "a and b");
  EXPECT_EQ(listed(Names{"a", "b", "c", "d"}), "a, b, c and d");
  EXPECT_EQ(listed(Names{"a", "b", "c", "d", "e"}), "a, b, c and 2 others");
  EXPECT_EQ(listed_choices(Names{"a", "b"}), "a or b");
  EXPECT_EQ(listed_choices(Names{"a", "b", "c", "d", "e"}), "a, b, c or one of 2 others");
}

TEST(Spelling, LinesStandOnOne) {
  EXPECT_EQ(one_line("a\nb\n"), "a ⏎ b");
  EXPECT_EQ(one_line("a"), "a");
}

TEST(Spelling, WordsAreQuotedWhereAShellNeedsIt) {
  EXPECT_EQ(shell_word("frame_0411.jpg"), "frame_0411.jpg");
  EXPECT_EQ(shell_word("M\xc3\xbcll abfuhr.jpg"), "'M\xc3\xbcll abfuhr.jpg'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("a;rm"), "'a;rm'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace drover
