#include <gmock/gmock.h>

#include "tests/support/scheduler_bench.hpp"

namespace drover::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(LifeOfARun, GoesFromSubmitThroughItsStepsToItsEnd) {
  SchedulerBench bench;
  EXPECT_THAT(bench.hello(1), ElementsAre("save agent a1", "save task make_list", "save task work",
                                          "save task reduce", "save task add"));
  EXPECT_THAT(bench.commit(), ElementsAre("a1 <- welcome s1 epoch 7"));

  EXPECT_THAT(bench.submit(1, plan_of({map_of_constants(2), reduce_of(0)})),
              ElementsAre("save run r1", "save opening r1/0 of 2", "a1.0 <- grant 7.1 r1/0 [0,1)"));
  EXPECT_THAT(bench.commit(), ElementsAre("client 1 <- accepted r1"));

  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}),
              ElementsAre("save results r1/0 [0,1) by a1.0", "a1.0 <- grant 7.2 r1/0 [1,2)"));
  EXPECT_THAT(bench.commit(), ElementsAre("a1 <- answer 7.1 results [0,1)"));

  EXPECT_THAT(bench.results(1, bench.lease(2), {1, 2}),
              ElementsAre("save results r1/0 [1,2) by a1.0", "save step r1/0 succeeded: 2 done",
                          "save opening r1/1 of 1", "a1.0 <- grant 7.3 r1/1 [0,1)"));
  EXPECT_THAT(bench.commit(), ElementsAre("a1 <- answer 7.2 results [1,2)"));

  EXPECT_THAT(bench.results(1, bench.lease(3), {0, 1}),
              ElementsAre("save results r1/1 [0,1) by a1.0", "save step r1/1 succeeded: 1 done",
                          "save end of r1: succeeded"));
  EXPECT_THAT(bench.commit(), ElementsAre("ended r1 succeeded", "a1 <- answer 7.3 results [0,1)"));
  EXPECT_TRUE(bench.state.runs.empty());
  EXPECT_TRUE(bench.state.leases.empty());
  EXPECT_TRUE(bench.state.held.empty());
}

TEST(LifeOfARun, OpensAMapOverAListAsLongAsItsChunksSaid) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({listing_step(), map_over(0)}));
  auto chunk = std::make_shared<wire::PutChunk>();
  chunk->lease = bench.lease(1);
  chunk->columns.push_back("\x01");
  chunk->columns.push_back("\x02");
  EXPECT_THAT(bench.step(scheduler::ChunkReceived{agent_id(1), bench.session_of(1), chunk}),
              ElementsAre("save chunk r1/0 [0,2)"));
  auto results = std::make_shared<wire::Results>();
  results->lease = bench.lease(1);
  results->columns.push_back("");
  results->list_size = 2;
  EXPECT_THAT(bench.step(scheduler::ResultsReceived{agent_id(1), bench.session_of(1), results}),
              ElementsAre("save results r1/0 [0,1) by a1.0", "save list r1/0 of 2 by 7.1",
                          "save step r1/0 succeeded: 1 done", "save opening r1/1 of 2",
                          "a1.0 <- grant 7.2 r1/1 [0,1)"));
  EXPECT_THAT(bench.commit(), ElementsAre("client 1 <- accepted r1", "a1 <- answer 7.1 chunk [0,2)",
                                          "a1 <- answer 7.1 results [0,1)"));
}

TEST(LifeOfARun, SkipsItemsWhoseInputFailedBefore) {
  auto first = map_of_constants(2);
  first.options.allow_failed.count = 1;
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({first, map_over(0)}));
  bench.results(1, bench.lease(1), {0, 1}, {{0, Cause::UserError, "no image", false}});
  EXPECT_THAT(
      bench.results(1, bench.lease(2), {1, 2}),
      ElementsAre("save results r1/0 [1,2) by a1.1", "save step r1/0 succeeded: 1 done, 1 failed",
                  "save opening r1/1 of 2 skipped [0,1)", "a1.0 <- grant 7.3 r1/1 [1,2)"));
  EXPECT_THAT(
      bench.results(1, bench.lease(3), {1, 2}),
      ElementsAre("save results r1/1 [1,2) by a1.0", "save step r1/1 succeeded: 1 done, 1 skipped",
                  "save end of r1: succeeded"));
}

TEST(LifeOfARun, FailsTheStepWhenTooManyItemsFailedAfterAllEnded) {
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({map_of_constants(2), reduce_of(0)}));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}, {{0, Cause::UserError, "no image", false}}),
              ElementsAre("save failure r1/0 item 0 attempt 1 user_error by 7.1 final"));
  EXPECT_THAT(
      bench.results(1, bench.lease(2), {1, 2}),
      ElementsAre("save results r1/0 [1,2) by a1.1", "save step r1/0 failed: 1 done, 1 failed",
                  "save step r1/1 cancelled: 0 done", "save end of r1: failed"));
  EXPECT_THAT(bench.commit(), Contains("ended r1 failed"));
}

TEST(LifeOfARun, NeverAllowsAPlainStepToFail) {
  auto listing = listing_step();
  listing.options.allow_failed.is_share = true;
  listing.options.allow_failed.share = 1;
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({listing, map_over(0)}));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}, {{0, Cause::UserError, "no folder", false}}),
              Contains("save end of r1: failed"));
}

TEST(LifeOfARun, StopsAtOnceWhereItIsAsked) {
  auto map = map_of_constants(3);
  map.options.stop_when_exceeded = true;
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({map}));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}, {{0, Cause::UserError, "no image", false}}),
              ElementsAre("save failure r1/0 item 0 attempt 1 user_error by 7.1 final",
                          "save step r1/0 failed: 0 done, 1 failed, 2 cancelled",
                          "save end of r1: failed"));
  EXPECT_THAT(bench.commit(), ElementsAre("client 1 <- accepted r1", "a1 <- revoke 7.2 [1,2)",
                                          "ended r1 failed", "a1 <- answer 7.1 results [0,1)"));
}

TEST(LifeOfARun, OpensEmptyMapsAndEndsThemAtOnce) {
  SchedulerBench bench;
  EXPECT_THAT(bench.submit(1, plan_of({map_of_constants(0)})),
              ElementsAre("save run r1", "save opening r1/0 of 0",
                          "save step r1/0 succeeded: 0 done", "save end of r1: succeeded"));
}

TEST(Submit, IsOnceForOneIdAndRefusedWithAnotherText) {
  SchedulerBench bench;
  const auto plan = plan_of({map_of_constants(1)});
  bench.submit(1, plan);
  EXPECT_THAT(bench.submit(1, plan), IsEmpty()) << "the answer waits for what the first one saved";
  EXPECT_THAT(bench.commit(),
              ElementsAre("client 1 <- accepted r1", "client 2 <- accepted r1 already"));
  const auto other = bench.step(scheduler::Submitted{
      scheduler::ClientToken{3}, run_id(1), spec_of("another"), plan, std::nullopt, {}});
  EXPECT_THAT(other, ElementsAre(HasSubstr("client 3 <- refused: run")));
}

TEST(Cancel, IsAcknowledgedAndRevokesOnceItIsCommitted) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(2), reduce_of(0)}));
  bench.commit();
  EXPECT_THAT(bench.cancel(1),
              ElementsAre("save step r1/0 cancelled: 0 done, 2 cancelled",
                          "save step r1/1 cancelled: 0 done", "save end of r1: cancelled"));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}), IsEmpty())
      << "nothing counts, and the answer waits";
  EXPECT_THAT(bench.commit(),
              ElementsAre("ended r1 cancelled", "a1 <- revoke 7.1 [0,1)",
                          "client 2 <- r1 is cancelled", "a1 <- answer 7.1 results [0,1) stale"));
  EXPECT_THAT(bench.cancel(1), ElementsAre("client 3 <- not cancelled: the run has ended"));
}

TEST(Cancel, IsNotHurriedByAnEarlierStepThatFailed) {
  auto stopping = map_of_constants(1, "stopping");
  stopping.options.stop_when_exceeded = true;
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({stopping, map_of_constants(1, "other")}));
  bench.commit();
  bench.results(1, bench.lease(1), {0, 1}, {{0, Cause::UserError, "no", false}});
  const auto failed_by = bench.state.next_seq - 1;
  bench.cancel(1);
  EXPECT_THAT(bench.step(scheduler::Committed{failed_by}),
              ElementsAre("a1 <- answer 7.1 results [0,1)"))
      << "the cancel is not durable yet: nothing of it may show";
  EXPECT_TRUE(bench.state.runs.contains(run_id(1)));
  EXPECT_THAT(bench.commit(), ElementsAre("ended r1 cancelled", "a1 <- revoke 7.2 [0,1)",
                                          "client 2 <- r1 is cancelled"));
}

TEST(Grants, GrowFourfoldTowardsAQuarterOfASecond) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1000)}));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}, {}, 0.001F),
              ElementsAre("save results r1/0 [0,1) by a1.0", "a1.0 <- grant 7.2 r1/0 [1,5)",
                          "a1.0 <- grant 7.3 r1/0 [5,9)"))
      << "short items: a lease may wait behind the one that runs";
  EXPECT_THAT(bench.results(1, bench.lease(2), {1, 5}, {}, 0.001F),
              ElementsAre("save results r1/0 [1,5) by a1.0", "a1.0 <- grant 7.4 r1/0 [9,25)"));
}

TEST(Grants, StopWhileTheStoreIsFull) {
  SchedulerBench bench;
  bench.join(1);
  bench.step(scheduler::StoreFull{});
  EXPECT_THAT(bench.submit(1, plan_of({map_of_constants(1)})), Not(Contains(HasSubstr("grant"))));
  EXPECT_THAT(bench.step(scheduler::StoreHasRoom{}), ElementsAre("a1.0 <- grant 7.1 r1/0 [0,1)"));
}

TEST(Grants, KeepToTheSlotsThatConcurrencyAllows) {
  auto map = map_of_constants(10);
  map.options.concurrency = 1;
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({map}));
  EXPECT_EQ(bench.state.leases.size(), 1U);
  bench.results(1, bench.lease(1), {0, 1}, {}, 0.1F);
  for (const auto& [id, lease] : bench.state.leases) EXPECT_EQ(lease.slot, 0U);
  EXPECT_THAT(bench.heartbeat(1), ElementsAre("a1 <- heard"))
      << "what waits there is not called back for a slot that may not run it";
}

TEST(Grants, TurnToTheRunWithTheFewestLeases) {
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({map_of_constants(10)}));
  bench.submit(2, plan_of({map_of_constants(10)}));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}), Contains("a1.0 <- grant 7.3 r2/0 [0,1)"));
}

TEST(Grants, CallBackWhatWaitsForASlotThatIdles) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(3)}));
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}, {}, 0.1F),
              ElementsAre("save results r1/0 [0,1) by a1.0", "a1.0 <- grant 7.2 r1/0 [1,2)",
                          "a1.0 <- grant 7.3 r1/0 [2,3)"));
  EXPECT_THAT(bench.join(2), Contains("a1 <- release 7.3"));
  EXPECT_THAT(bench.released(1, bench.lease(3), {{2, 3}}),
              ElementsAre("a2.0 <- grant 7.4 r1/0 [2,3)"));
}

TEST(Grants, ThatWereShortenedGiveTheRestBack) {
  SchedulerBench bench;
  bench.join(1);
  auto map = map_of_constants(8);
  map.options.batch = 8;
  EXPECT_THAT(bench.submit(1, plan_of({map})), Contains("a1.0 <- grant 7.1 r1/0 [0,8) batch 8"));
  bench.step(scheduler::GrantShortened{bench.lease(1), 3});
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 3}),
              Contains("a1.0 <- grant 7.2 r1/0 [3,8) batch 8"));
}

TEST(Grants, WhoseInputIsMissingFailTheirFirstItem) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(2)}));
  EXPECT_THAT(bench.step(scheduler::GrantRefused{bench.lease(1), "gone"}),
              ElementsAre("save failure r1/0 item 0 attempt 1 input by 7.1 final",
                          "a1.0 <- grant 7.2 r1/0 [1,2)"));
}

}  // namespace
}  // namespace drover::testing
