#include <map>
#include <random>

#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;

constexpr std::uint64_t items = 300;

enum class Fate { Open, Done, Failed };

/// One entry per item: what the ranges in the database must amount to.
using Model = std::vector<Fate>;

std::vector<Range> ranges_with(const Model& model, Fate fate) {
  std::vector<Range> found;
  for (ItemIndex item = 0; item < model.size(); ++item) {
    if (model[item] != fate) continue;
    if (!found.empty() && found.back().last == item) {
      ++found.back().last;
    } else {
      found.push_back({item, item + 1});
    }
  }
  return found;
}

bool open(const Model& model, Range range) {
  for (ItemIndex item = range.first; item < range.last; ++item) {
    if (model[item] != Fate::Open) return false;
  }
  return true;
}

TEST(StoredRanges, CoalesceLikeAnObviousListOfItems) {
  Store store = must(Store::open_in_memory());
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    must(store.reset());
    must(store.apply(saves(new_run(), opening(mapping, items))));
    Model model(items, Fate::Open);
    const std::uint64_t longest = 1 + random() % 40;
    for (int group = 0; group < 40; ++group) {
      Model after = model;
      std::vector<Save> batch;
      bool right = true;
      for (std::uint32_t i = 0; i < 1 + random() % 5; ++i) {
        const ItemIndex first = random() % items;
        const bool fails = random() % 4 == 0;
        const std::uint64_t length = fails ? 1 : 1 + random() % std::min(longest, items - first);
        const Range range{first, first + length};
        // Mostly only what may be said; one in ten tells a second fate of an item.
        if (!open(after, range)) {
          if (random() % 10 != 0) continue;
          right = false;
        }
        if (fails) {
          SaveFailure failed = failure(mapping, first, true);
          failed.lease = {9, static_cast<std::uint64_t>(group * 10) + i};
          batch.push_back({1, failed});
        } else {
          batch.push_back({1, results(mapping, first, length)});
        }
        for (ItemIndex item = range.first; item < range.last; ++item) {
          after[item] = fails ? Fate::Failed : Fate::Done;
        }
      }
      ASSERT_EQ(store.apply(batch).has_value(), right) << "seed " << seed;
      if (right) model = after;
    }

    const StoredStep step = must(store.load(0)).runs.at(0).steps.at(1);
    ASSERT_EQ(step.done.ranges(), ranges_with(model, Fate::Done)) << "seed " << seed;
    ASSERT_EQ(step.failed.ranges(), ranges_with(model, Fate::Failed)) << "seed " << seed;
    const Columns all = must(store.read_list(mapping, Part::All, 0, {items, 1 << 20}));
    const auto values = numbers(all);
    ASSERT_EQ(values.size(), items);
    for (ItemIndex item = 0; item < items; ++item) {
      ASSERT_EQ(values[item], model[item] == Fate::Done ? item : 0xdead) << "seed " << seed;
    }
  }
}

TEST(StoredRanges, AMillionItemsInOrderAreOneRow) {
  Store store = must(Store::open_in_memory());
  must(store.apply(saves(new_run(), opening(mapping, 1'000'000))));
  for (std::uint64_t first = 0; first < 1'000'000; first += 10'000) {
    must(store.apply(saves(results(mapping, first, 10'000))));
  }
  EXPECT_EQ(must(store.load(0)).runs.at(0).steps.at(1).done.intervals(), 1U);
}

}  // namespace
}  // namespace drover::scheduler
