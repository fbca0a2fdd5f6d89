#include "common/interval_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace drover {
namespace {

TEST(IntervalSet, JoinsAdjacentRanges) {
  IntervalSet set;
  set.insert(Range{0, 2});
  set.insert(Range{4, 6});
  set.insert(Range{2, 4});
  EXPECT_EQ(set.ranges(), (std::vector<Range>{{0, 6}}));
}

TEST(IntervalSet, AgreesWithAnObviousSetUnderRandomOperations) {
  std::mt19937 random(7);
  IntervalSet quick;
  std::set<ItemIndex> slow;
  for (int turn = 0; turn < 5'000; ++turn) {
    const ItemIndex first = random() % 60;
    const Range range{first, first + random() % 12};
    const bool add = random() % 2 == 0;
    add ? quick.insert(range) : quick.erase(range);
    for (auto i = range.first; i < range.last; ++i) {
      add ? (void)slow.insert(i) : (void)slow.erase(i);
    }
    ASSERT_EQ(quick.size(), slow.size());
    std::vector<ItemIndex> flat;
    for (const auto& part : quick.ranges()) {
      for (auto i = part.first; i < part.last; ++i) flat.push_back(i);
    }
    ASSERT_TRUE(std::equal(flat.begin(), flat.end(), slow.begin(), slow.end()));
    const auto ranges = quick.ranges();
    for (std::size_t i = 1; i < ranges.size(); ++i) ASSERT_LT(ranges[i - 1].last, ranges[i].first);
    ASSERT_EQ(quick.contains(first), slow.contains(first));
    if (!flat.empty()) {
      ASSERT_EQ(quick.nth(flat.size() / 2), flat[flat.size() / 2]);
    }
  }
}

TEST(IntervalSet, CutsOutWhatLiesWithinARange) {
  IntervalSet set;
  set.insert(Range{0, 3});
  set.insert(Range{5, 9});
  EXPECT_EQ(set.within(Range{2, 6}), (std::vector<Range>{{2, 3}, {5, 6}}));
  EXPECT_TRUE(set.within(Range{3, 5}).empty());
}

}  // namespace
}  // namespace drover
