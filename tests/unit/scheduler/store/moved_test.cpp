#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const RunId run_3 = id<RunId>(0x33);
const StepRef new_mapping{run_2, 1};
const StepRef third_mapping{run_3, 1};

SaveMoved moved(StepRef step, StepRef from, std::uint64_t count, std::vector<MovedItems> items) {
  return {step, from, count, std::make_shared<const std::vector<MovedItems>>(std::move(items))};
}

SaveRun reusing(RunId run, RunId from) {
  SaveRun save = new_run(run);
  save.parent = from;
  save.reuses = true;
  return save;
}

/// A run that ended, whose mapping has results 100 to 105 of six items, the last of another lease
/// after a failed attempt; and a new one of eight items that takes some of them over: 0 and 1 are
/// new, 2 to 4 were 1 to 3, 5 was new, 6 was 5, 7 is new.
struct Moving : public ::testing::Test {
  Store store = must(Store::open_in_memory());

  void SetUp() override {
    must(store.apply(saves(new_run(), opening(mapping, 6), results(mapping, 0, 5, lease_1, 100),
                           failure(mapping, 5, false), results(mapping, 5, 1, lease_2, 100),
                           SaveRunEnded{run_1, RunState::Succeeded, ""})));
    must(store.apply(saves(reusing(run_2, run_1), SaveReuse{run_2, run_1, {{}, 1, {}}})));
  }

  void move() {
    must(store.apply(saves(moved(new_mapping, mapping, 8, {{{2, 5}, 1}, {{6, 7}, 5}}),
                           opening(new_mapping, 8))));
  }
};

TEST_F(Moving, IsRememberedUntilItIsLookedUp) {
  const StoredRun run = must(store.load(0)).runs.at(0);
  ASSERT_TRUE(run.reuse);
  EXPECT_EQ(run.reuse->from, run_1);
  EXPECT_EQ(run.reuse->steps.at(1), 1U);
  EXPECT_FALSE(run.reuse->steps.at(0));

  must(store.apply(saves(moved(new_mapping, mapping, 8, {{{2, 5}, 1}}))));
  const StoredRun found = must(store.load(0)).runs.at(0);
  EXPECT_FALSE(found.reuse);
  ASSERT_EQ(found.taken_over.size(), 3U) << "killed between this and the opening";
  EXPECT_EQ(found.taken_over[1].count, 8U);
  EXPECT_THAT(found.taken_over[1].done.ranges(), ElementsAre(Range{2, 5}));
}

TEST_F(Moving, ValuesAreReadUnderTheirNewIndices) {
  move();
  must(store.apply(
      saves(results(new_mapping, 0, 2, {8, 1}, 200), results(new_mapping, 5, 1, {8, 2}, 200))));

  EXPECT_EQ(must(store.steps(run_2))[1].kept, 4U);
  EXPECT_THAT(must(store.steps(run_2))[1].kept_from, ElementsAre(run_1));
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 0))),
              ElementsAre(200, 201, 101, 102, 103, 205, 105, 0xdead));
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 3, {2, 100}))),
              ElementsAre(102, 103));
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::Ok, 0))),
              ElementsAre(200, 201, 101, 102, 103, 205, 105));
}

TEST_F(Moving, ValuesAreReadInAnotherOrderToo) {
  must(store.apply(
      saves(moved(new_mapping, mapping, 5, {{{0, 1}, 4}, {{1, 2}, 3}, {{3, 4}, 5}, {{4, 5}, 0}}),
            opening(new_mapping, 5), failure(new_mapping, 2, true))));
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 0))),
              ElementsAre(104, 103, 0xdead, 105, 100));
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 1, {10, 1}))), ElementsAre(103))
      << "a byte is less than one value has";
  EXPECT_THAT(must(store.steps(run_2))[1].kept_from, ElementsAre(run_1));
}

TEST_F(Moving, TellsOfWhichElementsThatIs) {
  move();
  must(store.apply(saves(results(new_mapping, 1, 1, {8, 1}, 200))));
  EXPECT_THAT(must(store.read_moved(new_mapping, Part::All, {1, 8})),
              ElementsAre(false, true, true, true, false, true, false));
  EXPECT_THAT(must(store.read_moved(new_mapping, Part::Ok, {0, 9})),
              ElementsAre(false, true, true, true, true))
      << "item 1, then 2 to 4, then 6";
  EXPECT_THAT(must(store.read_moved(mapping, Part::All, {0, 2})), ElementsAre(false, false));
}

TEST_F(Moving, BuildsAreThoseThatGaveWhatIsThere) {
  const auto of_build = [](SaveResults save, std::string build) {
    save.build = std::move(build);
    return save;
  };
  move();
  EXPECT_THAT(must(store.steps(run_2))[1].builds, IsEmpty()) << "nobody told";
  must(store.apply(saves(reusing(run_3, run_2), opening(third_mapping, 8),
                         of_build(results(third_mapping, 0, 2, {8, 1}), "old"),
                         of_build(results(third_mapping, 2, 2, {8, 2}), "new"),
                         of_build(results(third_mapping, 4, 2, {8, 2}), "new"))));
  EXPECT_THAT(must(store.steps(run_3))[1].builds, ElementsAre("new", "old"));

  const RunId run_4 = id<RunId>(0x44);
  const StepRef fourth{run_4, 1};
  must(store.apply(saves(reusing(run_4, run_3), moved(fourth, third_mapping, 2, {{{0, 1}, 0}}),
                         opening(fourth, 2), of_build(results(fourth, 1, 1, {9, 1}), "newest"))));
  EXPECT_THAT(must(store.steps(run_4))[1].builds, ElementsAre("new", "newest", "old"));
}

TEST_F(Moving, AttemptsAreThoseOfTheRunThatMadeThem) {
  move();
  const auto attempts = must(store.read_attempts(new_mapping, 6));
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].cause, Cause::UserError);
  EXPECT_EQ(attempts[1].lease, lease_2);
  EXPECT_EQ(attempts[1].item, 5U) << "its agent knows its log under that index";
}

TEST_F(Moving, WhatWasMovedTwiceIsFoundWhereItWasMade) {
  move();
  must(store.apply(saves(results(new_mapping, 0, 2, {8, 1}, 200), reusing(run_3, run_2),
                         moved(third_mapping, new_mapping, 7, {{{0, 5}, 0}, {{6, 7}, 6}}),
                         opening(third_mapping, 7))));

  EXPECT_THAT(numbers(must(store.read_list(third_mapping, Part::All, 0))),
              ElementsAre(200, 201, 101, 102, 103, 0xdead, 105));
  EXPECT_THAT(must(store.steps(run_3))[1].kept_from, ElementsAre(run_2, run_1));
}

TEST_F(Moving, ARerunKeepsWhatWasMoved) {
  move();
  SaveRun rerun = new_run(run_3);
  rerun.parent = run_2;
  const StoredStep old = must(store.stored_run(run_2)).steps.at(1);
  TakenOver taken{false, old.count, old.done, {}, {}, {}};
  taken.done.erase(Range{3, 4});  // Is to run again.
  must(store.apply(saves(rerun, SaveTakeOver{run_3, run_2, {{}, taken, {}}},
                         opening(third_mapping, 8), results(third_mapping, 3, 1, {9, 1}, 300))));

  EXPECT_THAT(numbers(must(store.read_list(third_mapping, Part::Ok, 0))),
              ElementsAre(101, 303, 103, 105));
}

TEST_F(Moving, NothingHoldsWhenTheStepOpensWithAnotherCount) {
  must(store.apply(saves(moved(new_mapping, mapping, 8, {{{2, 5}, 1}}), opening(new_mapping, 9),
                         results(new_mapping, 0, 9))));
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 0))),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(must(store.steps(run_2))[1].kept_from, IsEmpty());
}

TEST_F(Moving, StampsOfAListAreKept) {
  SaveChunk stamped = chunk(listing, 0, 3);
  wire::PutChunk message = *stamped.chunk;
  message.stamps = {7, 0, ~std::uint64_t{0}};
  stamped.chunk = std::make_shared<const wire::PutChunk>(message);
  must(store.apply(
      saves(opening(listing, 1), stamped, chunk(listing, 3, 2), SaveList{listing, lease_1, 5})));
  EXPECT_THAT(must(store.read_stamps(listing, {1, 9})), ElementsAre(0, ~std::uint64_t{0}, 0, 0));
  EXPECT_THAT(numbers(must(store.read_list(listing, Part::All, 0))), ElementsAre(0, 1, 2, 3, 4));
}

}  // namespace
}  // namespace drover::scheduler
