#include "scheduler/query/reuse_finder.hpp"
#include "tests/support/plans.hpp"
#include "tests/unit/scheduler/store/store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using drover::testing::listing_step;
using drover::testing::map_over;
using drover::testing::plan_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Element {
  std::uint64_t value = 0;
  std::uint64_t stamp = 0;
};

/// Two runs of a listing and a step that maps over it.
struct ReuseTest : public ::testing::Test {
  Store store = must(Store::open_in_memory());
  std::shared_ptr<const Plan> plan = plan_of({listing_step(), map_over(0)});

  void list(const RunId& run, const std::vector<Element>& elements) {
    wire::PutChunk message{lease_1, 0, {}, {}};
    for (const Element& element : elements) {
      message.columns.push_back(encoded(element.value));
      message.stamps.push_back(element.stamp);
    }
    const StepRef listing{run, 0};
    must(store.apply(saves(new_run(run), opening(listing, 1),
                           SaveChunk{listing, std::make_shared<const wire::PutChunk>(message)},
                           SaveList{listing, lease_1, elements.size()}, results(listing, 0, 1))));
  }
  /// A list of `count` elements, all done.
  void was_done(const std::vector<Element>& elements) {
    list(run_1, elements);
    must(store.apply(saves(opening(mapping, elements.size()),
                           results(mapping, 0, elements.size(), lease_1, 100))));
  }
  std::vector<MovedItems> found(std::uint64_t count) {
    auto finder = must(reuse_finder({run_2, 1}, mapping, plan, plan, count, store));
    while (must(finder.advance(store))) {
    }
    return finder.found();
  }
};

TEST_F(ReuseTest, FindsWhatStandsElsewhereNow) {
  was_done({{10}, {20}, {30}, {40}});
  list(run_2, {{5}, {10}, {20}, {25}, {40}, {50}});
  EXPECT_THAT(found(6), ElementsAre(MovedItems{{1, 3}, 0}, MovedItems{{4, 5}, 3}));
}

TEST_F(ReuseTest, FindsWhatStandsInAnotherOrder) {
  was_done({{10}, {20}, {30}});
  list(run_2, {{30}, {20}, {10}});
  EXPECT_THAT(found(3),
              ElementsAre(MovedItems{{0, 1}, 2}, MovedItems{{1, 2}, 1}, MovedItems{{2, 3}, 0}));
}

TEST_F(ReuseTest, WhatChangedUnderItsNameIsAnother) {
  was_done({{10, 1}, {20, 1}, {30, 1}});
  list(run_2, {{10, 1}, {20, 2}, {30, 1}});
  EXPECT_THAT(found(3), ElementsAre(MovedItems{{0, 1}, 0}, MovedItems{{2, 3}, 2}));
}

TEST_F(ReuseTest, WhatWasNotDoneIsNotFound) {
  list(run_1, {{10}, {20}, {30}});
  must(store.apply(saves(opening(mapping, 3), results(mapping, 0, 1), failure(mapping, 1, true))));
  list(run_2, {{10}, {20}, {30}});
  EXPECT_THAT(found(3), ElementsAre(MovedItems{{0, 1}, 0}));
}

TEST_F(ReuseTest, EqualInputsAreUsedOnceEach) {
  was_done({{10}, {10}});
  list(run_2, {{10}, {10}, {10}});
  std::uint64_t items = 0;
  for (const auto& part : found(3)) items += part.items.size();
  EXPECT_EQ(items, 2U);
}

TEST_F(ReuseTest, NothingIsFoundWhereTheWholeInputsDiffer) {
  const auto with = [](std::int64_t value) {
    PlanStep step = map_over(0);
    step.arguments.push_back(
        {"factor", step.arguments[0].type, Feed::Whole, Source{Constant{encoded(value)}}});
    return plan_of({listing_step(), step});
  };
  was_done({{10}, {20}});
  list(run_2, {{10}, {20}});
  auto differs = must(reuse_finder({run_2, 1}, mapping, with(2), with(3), 2, store));
  EXPECT_FALSE(must(differs.advance(store)));
  EXPECT_THAT(differs.found(), IsEmpty());
  auto same = must(reuse_finder({run_2, 1}, mapping, with(2), with(2), 2, store));
  while (must(same.advance(store))) {
  }
  EXPECT_THAT(same.found(), ElementsAre(MovedItems{{0, 2}, 0}));
}

TEST_F(ReuseTest, ListsAreReadInParts) {
  std::vector<Element> before, now;
  for (std::uint64_t i = 0; i < 20'000; ++i) before.push_back({i});
  for (std::uint64_t i = 7'000; i < 20'000; ++i) now.push_back({i});
  list(run_1, before);
  std::vector<Save> all = saves(opening(mapping, 20'000));
  for (std::uint64_t i = 0; i < 20'000; i += 1000)
    all.push_back(Save{all.size() + 1, results(mapping, i, 1000)});
  must(store.apply(all));
  list(run_2, now);
  EXPECT_THAT(found(13'000), ElementsAre(MovedItems{{0, 13'000}, 7'000}));
}

}  // namespace
}  // namespace drover::scheduler
