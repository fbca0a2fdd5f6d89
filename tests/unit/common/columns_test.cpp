#include "common/columns.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

Columns columns(std::initializer_list<std::string_view> values) {
  Columns made;
  for (const auto value : values) made.push_back(value);
  return made;
}

TEST(Columns, CutAndJoinGiveBackTheSameValues) {
  const auto all = columns({"one", "", "three", "x"});
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    auto joined = all.slice(0, cut);
    joined.append(all.slice(cut, all.size() - cut));
    EXPECT_EQ(joined, all);
    EXPECT_TRUE(joined.well_formed());
  }
  EXPECT_EQ(all.value(2), "three");
  EXPECT_FALSE(all.has_value(1));
  EXPECT_TRUE(all.has_value(3));
}

TEST(Columns, AppendThemselves) {
  auto twice = columns({"a", "bc"});
  twice.append(twice);
  EXPECT_EQ(twice, columns({"a", "bc", "a", "bc"}));
}

TEST(Columns, TellWhetherOffsetsFitTheBytes) {
  Columns wrong = columns({"ab", "c"});
  wrong.offsets = {0, 3, 2};
  EXPECT_FALSE(wrong.well_formed());
  wrong.offsets = {0, 1};
  EXPECT_FALSE(wrong.well_formed());
  wrong.offsets = {};
  EXPECT_FALSE(wrong.well_formed());
}

}  // namespace
}  // namespace drover
