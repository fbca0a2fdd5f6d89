#include "common/utf8.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, TakesEveryKindOfCharacter) {
  for (const auto text :
       {""sv, "plain ascii, longer than a word"sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv,
        "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
        "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv, "Grüße, 世界 😀"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(repaired_utf8(text), text);
  }
}

TEST(Utf8, RefusesWhatIsNone) {
  for (const auto text :
       {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xf0\x8f\xbf\xbf"sv,
        "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv,
        "\xc2"sv, "\xe1\x80"sv, "\xf1\x80\x80"sv, "\xc2\x41"sv, "eight ascii bytes, then \x80"sv}) {
    EXPECT_FALSE(is_utf8(text)) << text.size();
    EXPECT_TRUE(is_utf8(repaired_utf8(text)));
  }
}

TEST(Utf8, KeepsWhatSurroundsABrokenByte) {
  EXPECT_EQ(repaired_utf8("a\xff"
                          "b\xe2\x82"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace drover
