#include "scheduler/store/store.hpp"

#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Without waiting for the disk; what a power cut does is not asked here.
const StoreOptions quick{.durable = false};

/// A store that is closed and opened again between saving and looking.
class StoreOnDisk : public ::testing::Test {
 protected:
  void keep(const std::vector<Save>& group) {
    Store store = must(Store::open(folder_.path(), quick));
    must(store.apply(group));
  }
  Store reopened() { return must(Store::open(folder_.path(), quick)); }
  Stored loaded() { return must(reopened().load(0)); }

  TemporaryFolder folder_;
};

TEST_F(StoreOnDisk, AnEmptyFolderHoldsNothing) {
  const Stored stored = loaded();
  EXPECT_EQ(stored.epoch, 1U);
  EXPECT_THAT(stored.runs, IsEmpty());
  EXPECT_THAT(stored.agents, IsEmpty());
  EXPECT_THAT(stored.tasks, IsEmpty());
}

TEST_F(StoreOnDisk, TheEpochGrowsWithEachStartAndReachesTheWallClock) {
  EXPECT_EQ(must(reopened().load(5000)).epoch, 5000U);
  EXPECT_EQ(must(reopened().load(4000)).epoch, 5001U);  // the clock went back
  EXPECT_EQ(must(reopened().load(9000)).epoch, 9000U);
}

TEST_F(StoreOnDisk, ARunIsLoadedAsItWasSubmitted) {
  SaveRun second = new_run(run_2);
  second.parent = run_1;
  keep(saves(new_run(), second));

  const Stored stored = loaded();
  ASSERT_EQ(stored.runs.size(), 2U);
  EXPECT_EQ(stored.runs[0].run, run_1);
  EXPECT_EQ(*stored.runs[0].spec, *new_run().spec);
  EXPECT_EQ(stored.runs[0].parent, std::nullopt);
  EXPECT_EQ(stored.runs[1].run, run_2);
  EXPECT_EQ(stored.runs[1].parent, run_1);
  EXPECT_LT(stored.runs[0].order, stored.runs[1].order);
  ASSERT_EQ(stored.runs[0].steps.size(), 3U);
  EXPECT_EQ(stored.runs[0].steps[0].state, StepState::Waiting);
  EXPECT_EQ(stored.runs[0].steps[0].opening, std::nullopt);
  EXPECT_THAT(stored.runs[0].taken_over, IsEmpty());
}

TEST_F(StoreOnDisk, SubmittingTwiceIsSubmittingOnce) {
  keep(saves(new_run(), opening(mapping, 3)));
  keep(saves(new_run()));

  const Stored stored = loaded();
  ASSERT_EQ(stored.runs.size(), 1U);
  EXPECT_EQ(stored.runs[0].steps[1].count, 3U);
}

TEST_F(StoreOnDisk, AnOpeningIsLoadedWithWhatItSkips) {
  keep(saves(new_run(), opening(mapping, 10, {{2, 4}, {7, 8}})));

  const StoredStep step = loaded().runs.at(0).steps.at(1);
  EXPECT_EQ(step.state, StepState::Running);
  EXPECT_EQ(step.opening, (OpeningId{7, 3}));
  EXPECT_EQ(step.count, 10U);
  EXPECT_THAT(step.skipped.ranges(), ElementsAre(Range{2, 4}, Range{7, 8}));
}

TEST_F(StoreOnDisk, ResultsAreLoadedAsRangesAndReadAsValues) {
  keep(saves(new_run(), opening(mapping, 12), results(mapping, 0, 4), results(mapping, 8, 4)));
  keep(saves(results(mapping, 4, 4, lease_2)));

  EXPECT_THAT(loaded().runs.at(0).steps.at(1).done.ranges(), ElementsAre(Range{0, 12}));
  Store store = reopened();
  EXPECT_THAT(numbers(must(store.read_list(mapping, Part::All, 0))),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST_F(StoreOnDisk, AnAttemptThatFailedIsAChargeUntilItsItemEnds) {
  SaveFailure again = failure(mapping, 5, false);
  again.attempt = 2;
  again.lease = lease_2;
  again.cause = Cause::Crash;
  keep(saves(new_run(), opening(mapping, 12), failure(mapping, 5, false), again,
             failure(mapping, 6, false), results(mapping, 6, 1), failure(mapping, 9, true)));

  const StoredStep step = loaded().runs.at(0).steps.at(1);
  ASSERT_EQ(step.charges.size(), 2U);
  EXPECT_EQ(step.charges[0].item, 5U);
  EXPECT_EQ(step.charges[0].attempt, 1U);
  EXPECT_EQ(step.charges[0].cause, Cause::UserError);
  EXPECT_EQ(step.charges[0].lease, lease_1);
  EXPECT_EQ(step.charges[1].attempt, 2U);
  EXPECT_EQ(step.charges[1].cause, Cause::Crash);
  EXPECT_EQ(step.charges[1].lease, lease_2);
  EXPECT_THAT(step.failed.ranges(), ElementsAre(Range{9, 10}));
  EXPECT_THAT(step.done.ranges(), ElementsAre(Range{6, 7}));
}

TEST_F(StoreOnDisk, AListIsTheChunksOfTheLeaseThatCompletedIt) {
  keep(saves(new_run(), opening(listing, 1), chunk(listing, 0, 3, lease_1, 100),
             chunk(listing, 0, 2, lease_2), chunk(listing, 2, 2, lease_2)));
  {
    const StoredStep step = loaded().runs.at(0).steps.at(0);
    EXPECT_EQ(step.list_size, std::nullopt);
    ASSERT_EQ(step.chunks.size(), 2U);
    EXPECT_EQ(step.chunks[0].lease, lease_1);
    EXPECT_THAT(step.chunks[0].elements.ranges(), ElementsAre(Range{0, 3}));
    EXPECT_THAT(step.chunks[1].elements.ranges(), ElementsAre(Range{0, 4}));
  }
  keep(saves(SaveList{listing, lease_2, 4}));

  EXPECT_EQ(loaded().runs.at(0).steps.at(0).list_size, 4U);
  Store store = reopened();
  EXPECT_THAT(numbers(must(store.read_list(listing, Part::All, 0))), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(must(store.list_size(listing, Part::Value)), 4U);
}

TEST_F(StoreOnDisk, TheSameChunkTwiceIsOneChunk) {
  keep(saves(new_run(), opening(listing, 1), chunk(listing, 0, 3)));
  keep(saves(chunk(listing, 0, 3), chunk(listing, 3, 2), SaveList{listing, lease_1, 5}));

  Store store = reopened();
  EXPECT_THAT(numbers(must(store.read_list(listing, Part::All, 0))), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(StoreOnDisk, AnEmptyListIsAList) {
  keep(saves(new_run(), opening(listing, 1), SaveList{listing, lease_1, 0}));

  EXPECT_EQ(loaded().runs.at(0).steps.at(0).list_size, 0U);
  EXPECT_TRUE(must(reopened().read_list(listing, Part::All, 0)).empty());
}

TEST_F(StoreOnDisk, AStepThatEndedIsLoadedAsEnded) {
  SaveStepEnded ended;
  ended.step = mapping;
  ended.state = StepState::Failed;
  ended.call_seconds = 1.5;
  ended.slot_seconds = 2;
  keep(saves(new_run(), opening(mapping, 2), results(mapping, 0, 1), failure(mapping, 1, true),
             ended));

  const StoredStep step = loaded().runs.at(0).steps.at(1);
  EXPECT_EQ(step.state, StepState::Failed);
  EXPECT_EQ(step.call_seconds, 1.5);
  EXPECT_EQ(step.slot_seconds, 2);
}

TEST_F(StoreOnDisk, ARunThatEndedIsNotLoadedButCanBeReadForARerun) {
  keep(saves(new_run(), opening(mapping, 2), results(mapping, 0, 2),
             SaveRunEnded{run_1, RunState::Failed, "enough"}));

  EXPECT_THAT(loaded().runs, IsEmpty());
  const StoredRun run = must(reopened().stored_run(run_1));
  EXPECT_THAT(run.steps.at(1).done.ranges(), ElementsAre(Range{0, 2}));
  EXPECT_EQ(*run.spec, *new_run().spec);
}

TEST_F(StoreOnDisk, AgentsAreLoadedWhileTheyBelong) {
  const AgentId other = id<AgentId>(0xa2);
  keep(saves(SaveAgent{agent_1, 4, "host-1"}, SaveAgent{other, 1, "host-2"}));
  keep(saves(SaveAgent{agent_1, 5, "host-1b"}, DropAgent{other}));

  const Stored stored = loaded();
  ASSERT_EQ(stored.agents.size(), 1U);
  EXPECT_EQ(stored.agents[0].agent, agent_1);
  EXPECT_EQ(stored.agents[0].incarnation, 5U);
  EXPECT_EQ(stored.agents[0].name, "host-1b");
}

TEST_F(StoreOnDisk, TasksAreLoadedSortedAndTheNewestSignatureCounts) {
  keep(saves(SaveTask{"noop", "noop(value: str) -> int"}, SaveTask{"a", "a() -> int"}));
  keep(saves(SaveTask{"noop", "noop(value: int) -> int"}));

  EXPECT_THAT(loaded().tasks, ElementsAre("a() -> int", "noop(value: int) -> int"));
}

TEST_F(StoreOnDisk, AValueIsReadBack) {
  keep(saves(new_run(), opening(mapping, 1), results(mapping, 0, 1, lease_1, 42)));

  Store store = reopened();
  EXPECT_EQ(must(decode<int>(must(store.read_value(mapping)))), 42);
  EXPECT_EQ(store.read_value({run_1, 2}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(store.read_value({run_2, 0}).error().code, ErrorCode::NotFound);
}

TEST_F(StoreOnDisk, ASaveThatCannotBeKeptUndoesItsWholeGroup) {
  keep(saves(new_run(), opening(mapping, 12)));
  Store store = reopened();

  const auto done = store.apply(saves(new_run(run_2), SaveTask{"a", "a() -> int"},
                                      results(mapping, 0, 4), failure(mapping, 6, true),
                                      results({id<RunId>(0x99), 0}, 0, 1), chunk(listing, 0, 3)));

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Internal);
  EXPECT_THAT(done.error().context, HasSubstr("99999999"));
  const Stored stored = must(store.load(0));
  EXPECT_EQ(stored.runs.size(), 1U);
  EXPECT_THAT(stored.tasks, IsEmpty());
  EXPECT_TRUE(stored.runs[0].steps[1].done.empty());
  EXPECT_TRUE(stored.runs[0].steps[1].failed.empty());
  must(store.apply(saves(results(mapping, 0, 4))));  // and the store goes on
  EXPECT_EQ(must(store.read_list(mapping, Part::Ok, 0)).size(), 4U);
}

TEST_F(StoreOnDisk, AnItemEndsOnce) {
  keep(saves(new_run(), opening(mapping, 12), results(mapping, 2, 4), failure(mapping, 8, true)));
  Store store = reopened();

  EXPECT_FALSE(store.apply(saves(results(mapping, 5, 2))));
  EXPECT_FALSE(store.apply(saves(results(mapping, 0, 3))));
  EXPECT_FALSE(store.apply(saves(results(mapping, 8, 1))));
  EXPECT_FALSE(store.apply(saves(results(mapping, 10, 1), results(mapping, 10, 1))));
  EXPECT_THAT(must(store.load(0)).runs.at(0).steps.at(1).done.ranges(), ElementsAre(Range{2, 6}));
}

TEST(StoreInMemory, AKillIsLoadingAgainAndResetForgetsEverything) {
  Store store = must(Store::open_in_memory());
  must(store.apply(saves(new_run(), opening(mapping, 4), results(mapping, 0, 2))));
  const Epoch first = must(store.load(0)).epoch;
  const Stored again = must(store.load(0));
  EXPECT_EQ(again.epoch, first + 1);
  EXPECT_EQ(again.runs.at(0).steps.at(1).done.size(), 2U);

  must(store.reset());
  EXPECT_THAT(must(store.load(0)).runs, IsEmpty());
  must(store.apply(saves(new_run(), opening(mapping, 4), results(mapping, 0, 2))));
  EXPECT_EQ(must(store.load(0)).runs.at(0).steps.at(1).done.size(), 2U);
}

}  // namespace
}  // namespace drover::scheduler
