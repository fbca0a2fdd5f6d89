#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const StepRef new_listing{run_2, 0};
const StepRef new_mapping{run_2, 1};

SaveRun rerun(RunId run, RunId parent) {
  SaveRun save = new_run(run);
  save.parent = parent;
  return save;
}

TakenOver taken(const StoredStep& step, bool complete) {
  return {complete, step.count, step.done, step.failed, step.skipped, step.list_size};
}

/// A run whose listing is a list of 8 and whose mapping has six results and two failures.
struct TakingOver : public ::testing::Test {
  Store store = must(Store::open_in_memory());

  void SetUp() override {
    must(store.apply(saves(
        new_run(), opening(listing, 1), chunk(listing, 0, 8), SaveList{listing, lease_1, 8},
        results(listing, 0, 1), opening(mapping, 8), results(mapping, 0, 3, lease_1, 100),
        failure(mapping, 3, false), failure(mapping, 4, true), results(mapping, 5, 2, lease_1, 100),
        failure(mapping, 7, true, "other text"), SaveRunEnded{run_1, RunState::Failed, ""})));
    SaveResults third = results(mapping, 3, 1, lease_2, 100);
    must(store.apply(saves(third)));
  }

  SaveTakeOver take_over(bool keep_failed) {
    const StoredRun old = must(store.stored_run(run_1));
    SaveTakeOver save{run_2, run_1, {taken(old.steps[0], true), taken(old.steps[1], false), {}}};
    if (!keep_failed) save.steps[1].failed = {};
    return save;
  }
};

TEST_F(TakingOver, GivesANewRunTheResultsOfTheOld) {
  must(store.apply(saves(rerun(run_2, run_1), take_over(false), opening(new_listing, 1),
                         opening(new_mapping, 8))));
  must(store.apply(saves(results(new_mapping, 4, 1, {8, 1}, 200))));

  const StoredRun run = must(store.load(0)).runs.at(0);
  EXPECT_EQ(run.parent, run_1);
  EXPECT_EQ(must(store.steps(run_2))[1].kept, 6U) << "item 4 is its own";
  EXPECT_EQ(run.steps[0].list_size, 8U);
  EXPECT_THAT(run.steps[1].done.ranges(), ElementsAre(Range{0, 7}));
  EXPECT_TRUE(run.steps[1].failed.empty());
  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 0))),
              ElementsAre(100, 101, 102, 103, 204, 105, 106, 0xdead));
  EXPECT_THAT(numbers(must(store.read_list(new_listing, Part::All, 0))),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(numbers(must(store.read_list(mapping, Part::All, 4, {1, 100}))),
              ElementsAre(0xdead));  // the old run stays as it was
  const auto attempts = must(store.read_attempts(new_mapping, 3));
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[1].lease, lease_2);
}

TEST_F(TakingOver, KeepsFailuresWhereTheyStay) {
  must(store.apply(saves(rerun(run_2, run_1), take_over(true), opening(new_mapping, 8))));

  EXPECT_THAT(must(store.load(0)).runs.at(0).steps[1].failed.ranges(),
              ElementsAre(Range{4, 5}, Range{7, 8}));
  const auto groups = must(store.failure_groups(run_2));
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].count, 2U);
  EXPECT_EQ(must(store.read_list(new_mapping, Part::Failed, 0)).size(), 2U);
}

TEST_F(TakingOver, IsRememberedUntilTheStepOpens) {
  must(store.apply(saves(rerun(run_2, run_1), take_over(false))));

  const StoredRun run = must(store.load(0)).runs.at(0);
  ASSERT_EQ(run.taken_over.size(), 3U);
  EXPECT_TRUE(run.taken_over[0].complete);
  EXPECT_EQ(run.taken_over[0].list_size, 8U);
  EXPECT_FALSE(run.taken_over[1].complete);
  EXPECT_EQ(run.taken_over[1].count, 8U);
  EXPECT_THAT(run.taken_over[1].done.ranges(), ElementsAre(Range{0, 4}, Range{5, 7}));

  must(store.apply(saves(opening(new_listing, 1), opening(new_mapping, 8))));
  EXPECT_THAT(must(store.load(0)).runs.at(0).taken_over, IsEmpty());
}

TEST_F(TakingOver, NothingHoldsWhenTheStepOpensWithAnotherCount) {
  must(store.apply(saves(rerun(run_2, run_1), take_over(true))));
  must(store.apply(saves(opening(new_mapping, 9), results(new_mapping, 0, 9))));

  EXPECT_THAT(numbers(must(store.read_list(new_mapping, Part::All, 0))),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(must(store.failure_groups(run_2)), IsEmpty());
  EXPECT_EQ(must(store.steps(run_2))[1].kept, 0U);
}

TEST_F(TakingOver, AnItemThatIsSkippedNowIsNotTakenOver) {
  must(store.apply(
      saves(rerun(run_2, run_1), take_over(true), opening(new_mapping, 8, {{2, 3}, {7, 8}}))));

  const StoredStep step = must(store.load(0)).runs.at(0).steps[1];
  EXPECT_THAT(step.done.ranges(), ElementsAre(Range{0, 2}, Range{3, 4}, Range{5, 7}));
  EXPECT_EQ(must(store.steps(run_2))[1].kept, 5U);
  EXPECT_THAT(step.failed.ranges(), ElementsAre(Range{4, 5}));
  EXPECT_THAT(step.skipped.ranges(), ElementsAre(Range{2, 3}, Range{7, 8}));
  EXPECT_EQ(must(store.failure_groups(run_2)).at(0).count, 1U);
}

TEST_F(TakingOver, ARerunOfARerunStillFindsTheFirstResults) {
  must(store.apply(saves(rerun(run_2, run_1), take_over(false), opening(new_mapping, 8),
                         results(new_mapping, 4, 1, {8, 1}, 200))));
  const RunId run_3 = id<RunId>(0x33);
  const StoredRun second = must(store.stored_run(run_2));
  SaveTakeOver again{run_3, run_2, {{}, taken(second.steps[1], false), {}}};
  must(store.apply(saves(rerun(run_3, run_2), again, opening({run_3, 1}, 8),
                         results({run_3, 1}, 7, 1, {9, 1}, 300))));

  EXPECT_THAT(numbers(must(store.read_list({run_3, 1}, Part::All, 0))),
              ElementsAre(100, 101, 102, 103, 204, 105, 106, 307));
  EXPECT_THAT(must(store.steps(run_3))[1].kept_from, ElementsAre(run_2, run_1));
  EXPECT_THAT(must(store.steps(run_2))[1].kept_from, ElementsAre(run_1));
  EXPECT_THAT(must(store.steps(run_1))[1].kept_from, IsEmpty());
}

}  // namespace
}  // namespace drover::scheduler
