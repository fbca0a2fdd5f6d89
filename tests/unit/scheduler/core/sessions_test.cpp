#include <gmock/gmock.h>

#include "tests/support/scheduler_bench.hpp"

namespace drover::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

scheduler::StoredRun stored_run(std::uint8_t run, scheduler::StoredStep step) {
  scheduler::StoredRun stored;
  stored.run = run_id(run);
  stored.spec = spec_of("flow");
  stored.steps = {std::move(step)};
  return stored;
}

/// A scheduler that starts again: run 1 maps over `count` items, item 0 done; agent 1 had joined.
SchedulerBench restarted(std::uint64_t count) {
  scheduler::StoredStep step;
  step.state = scheduler::StepState::Running;
  step.opening = OpeningId{7, 9};
  step.count = count;
  step.done.insert(Range{0, 1});
  scheduler::Stored stored;
  stored.epoch = 8;
  stored.agents = {{agent_id(1), 1, "a1"}};
  stored.tasks = task_texts();
  stored.runs = {stored_run(1, step)};
  const std::map<RunId, std::shared_ptr<const Plan>> plans{
      {run_id(1), plan_of({map_of_constants(count)})}};
  SchedulerBench bench(scheduler::recover(stored, plans, Instant{}, 1));
  EXPECT_THAT(bench.step(scheduler::Started{}), IsEmpty());
  bench.commit();
  return bench;
}

wire::LeaseReport report(LeaseId lease, std::vector<Range> held,
                         std::vector<Range> unanswered = {}) {
  return {lease, OpeningId{7, 9}, run_id(1), 0, 0, std::move(held), std::move(unanswered)};
}

TEST(Restart, WaitsForTheAgentsThatHadJoinedAndAdoptsWhatTheyHold) {
  SchedulerBench bench = restarted(4);
  EXPECT_THAT(bench.join(2), ElementsAre("a2 <- welcome s1 epoch 8")) << "item 1 may be with a1";
  EXPECT_THAT(bench.hello(1, 1, {report({7, 5}, {{1, 3}})}),
              ElementsAre("a1 <- welcome s1 epoch 8", "a2.0 <- grant 8.1 r1/0 [3,4)"));
  EXPECT_THAT(bench.results(1, {7, 5}, {1, 3}), Contains("save results r1/0 [1,3) by a1.0"));
}

TEST(Restart, StopsWaitingAfterAWhile) {
  SchedulerBench bench = restarted(2);
  bench.join(2);
  for (int second = 0; second < 29; ++second) {
    bench.heartbeat(2);
    EXPECT_THAT(bench.after(1s), IsEmpty());
  }
  bench.heartbeat(2);
  EXPECT_THAT(bench.after(1s),
              ElementsAre("save no more agent a1", "a2.0 <- grant 8.1 r1/0 [1,2)"));
}

TEST(Restart, StartsNewStepsAtOnce) {
  SchedulerBench bench = restarted(2);
  bench.join(2);
  EXPECT_THAT(bench.submit(2, plan_of({map_of_constants(1)})),
              Contains("a2.0 <- grant 8.1 r2/0 [0,1)"));
}

TEST(Restart, ForgetsNoAttempt) {
  scheduler::StoredStep step;
  step.state = scheduler::StepState::Running;
  step.opening = OpeningId{7, 9};
  step.count = 1;
  step.charges = {{0, 1, Cause::Crash, {7, 1}, agent_id(1), 0},
                  {0, 2, Cause::Crash, {7, 2}, agent_id(1), 0}};
  scheduler::Stored stored;
  stored.epoch = 8;
  stored.runs = {stored_run(1, step)};
  SchedulerBench bench(
      scheduler::recover(stored, {{run_id(1), plan_of({map_of_constants(1)})}}, Instant{}, 1));
  bench.step(scheduler::Started{});
  EXPECT_THAT(bench.join(1), Contains("a1.0 <- grant 8.1 r1/0 [0,1) attempt 3"));
  EXPECT_THAT(bench.call_failed(1, bench.lease(1), {0, 1}),
              Contains("save failure r1/0 item 0 attempt 3 crash by 8.1 final"));
}

TEST(Restart, EndsWhatHadAllItsItemsEnded) {
  scheduler::StoredStep step;
  step.state = scheduler::StepState::Running;
  step.opening = OpeningId{7, 9};
  step.count = 2;
  step.done.insert(Range{0, 2});
  scheduler::Stored stored;
  stored.epoch = 8;
  stored.runs = {stored_run(1, step)};
  SchedulerBench bench(
      scheduler::recover(stored, {{run_id(1), plan_of({map_of_constants(2)})}}, Instant{}, 1));
  EXPECT_THAT(bench.step(scheduler::Started{}),
              ElementsAre("save step r1/0 succeeded: 2 done", "save end of r1: succeeded"));
}

TEST(Restart, RemembersWhatARerunTakesOverOfStepsThatHaveNotOpened) {
  scheduler::TakenOver taken;
  taken.count = 2;
  taken.done.insert(Range{0, 1});
  scheduler::StoredStep first;
  first.state = scheduler::StepState::Running;
  first.opening = OpeningId{7, 9};
  first.count = 2;
  first.done.insert(Range{0, 1});
  scheduler::StoredStep second;
  second.count = 2;
  second.done.insert(Range{0, 1});
  scheduler::StoredRun run;
  run.run = run_id(1);
  run.spec = spec_of("flow");
  run.steps = {first, second};
  run.taken_over = {taken, taken};
  scheduler::Stored stored;
  stored.epoch = 8;
  stored.runs = {run};
  SchedulerBench bench(scheduler::recover(
      stored, {{run_id(1), plan_of({map_of_constants(2), map_over(0)})}}, Instant{}, 1));
  bench.step(scheduler::Started{});
  bench.join(1);
  EXPECT_THAT(bench.results(1, bench.lease(1), {1, 2}), Contains("a1.0 <- grant 8.2 r1/1 [1,2)"))
      << "item 0 of the second step was taken over";
}

TEST(Restart, TakesOverWholeStepsThatARerunHadNotOpenedYet) {
  scheduler::TakenOver listing;
  listing.complete = true;
  listing.count = 1;
  listing.done.insert(Range{0, 1});
  listing.list_size = 3;
  scheduler::StoredRun run;
  run.run = run_id(1);
  run.spec = spec_of("flow");
  run.steps.resize(2);
  run.taken_over = {listing, scheduler::TakenOver{}};
  scheduler::Stored stored;
  stored.epoch = 8;
  stored.runs = {run};
  SchedulerBench bench(scheduler::recover(
      stored, {{run_id(1), plan_of({listing_step(), map_over(0)})}}, Instant{}, 1));
  bench.step(scheduler::Started{});

  const auto& steps = bench.state.runs.at(run_id(1)).steps;
  EXPECT_EQ(steps[0].state, scheduler::StepState::Succeeded);
  EXPECT_EQ(steps[1].count, 3U) << "the list of the step taken over is mapped";
}

TEST(Adoption, TakesNothingThatIsDoneOrOfAnotherOpening) {
  SchedulerBench bench = restarted(4);
  auto stranger = report({7, 6}, {{2, 3}});
  stranger.opening = OpeningId{6, 1};
  EXPECT_THAT(bench.hello(1, 1, {report({7, 5}, {{0, 2}}), stranger}),
              Contains("a1 <- welcome s1 epoch 8 revoked 7.5 [0,1) 7.6 [2,3)"));
}

TEST(Adoption, PrefersTheNewerOfTwoLeasesAndRevokesTheOlder) {
  SchedulerBench bench = restarted(2);
  bench.join(2, 1, {report({7, 5}, {{1, 2}})});
  EXPECT_THAT(bench.hello(1, 1, {report({7, 6}, {{1, 2}})}), Contains("a2 <- revoke 7.5 [1,2)"));
  EXPECT_THAT(bench.results(2, {7, 5}, {1, 2}), Not(Contains(HasSubstr("save"))));
  EXPECT_THAT(bench.results(1, {7, 6}, {1, 2}), Contains("save results r1/0 [1,2) by a1.0"));
}

TEST(Adoption, RefusesTheOlderOfTwoLeases) {
  SchedulerBench bench = restarted(2);
  bench.join(2, 1, {report({7, 6}, {{1, 2}})});
  EXPECT_THAT(bench.hello(1, 1, {report({7, 5}, {{1, 2}})}),
              ElementsAre("a1 <- welcome s1 epoch 8 revoked 7.5 [1,2)"));
}

TEST(Adoption, TellsAHolderThatIsNotWelcomedYetAfterItsWelcome) {
  SchedulerBench bench = restarted(2);
  bench.hello(2, 1, {report({7, 5}, {{1, 2}})});
  bench.hello(1, 1, {report({7, 6}, {{1, 2}})});
  EXPECT_THAT(bench.commit(), ElementsAre("a2 <- welcome s1 epoch 8", "a2 <- revoke 7.5 [1,2)",
                                          "a1 <- welcome s1 epoch 8"));
}

TEST(Adoption, TakesWhatASlotThatIsOffStillAnswersFor) {
  SchedulerBench bench = restarted(2);
  auto of_slot_1 = report({7, 5}, {}, {{1, 2}});
  of_slot_1.slot = 1;
  EXPECT_THAT(bench.hello(1, 1, {of_slot_1}), ElementsAre("a1 <- welcome s1 epoch 8"))
      << "item 1 is not granted again";
  EXPECT_EQ(bench.state.agents.at(agent_id(1)).slots.size(), 1U);
  EXPECT_THAT(bench.call_failed(1, {7, 5}, {1, 2}),
              ElementsAre("save failure r1/0 item 1 attempt 1 crash by 7.5"));
}

TEST(Fence, AnswersAResultOfALostLeaseAndChangesNothing) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(2)}));
  bench.commit();
  bench.after(3s);
  bench.join(2);
  bench.join(1);
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}),
              ElementsAre("a1 <- answer 7.1 results [0,1) stale"));
}

TEST(Fence, AcceptsTheSameResultOnce) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(2)}));
  bench.results(1, bench.lease(1), {0, 1});
  EXPECT_THAT(bench.results(1, bench.lease(1), {0, 1}), IsEmpty());
  EXPECT_THAT(bench.commit(),
              ElementsAre("client 1 <- accepted r1", "a1 <- answer 7.1 results [0,1)",
                          "a1 <- answer 7.1 results [0,1) stale"));
}

TEST(Fence, IgnoresMessagesOfOtherSessions) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.commit();
  auto results = std::make_shared<wire::Results>();
  results->lease = bench.lease(1);
  results->columns.push_back("\x2a");
  EXPECT_THAT(
      bench.step(scheduler::ResultsReceived{agent_id(1), scheduler::SessionId{1, 7}, results}),
      IsEmpty());
}

TEST(Loss, GrantsElsewhereWhatASilentAgentHeld) {
  SchedulerBench bench;
  bench.show_events = true;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.join(2);
  bench.after(1s);
  bench.heartbeat(2);
  bench.after(1s);
  bench.heartbeat(2);
  EXPECT_THAT(bench.after(1s),
              ElementsAre("save failure r1/0 item 0 attempt 1 agent_lost by 7.1",
                          "save event r1: a1 silent for 3 s, its 1 item runs elsewhere",
                          "close a1 s1", "save no more agent a1"));
  EXPECT_THAT(bench.commit(), ElementsAre("a2.0 <- grant 7.2 r1/0 [0,1) attempt 2"));
}

TEST(Loss, KeepsTheLeasesOfASessionThatClosedUntilItsAgentIsBack) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  const auto held = bench.report_of(bench.lease(1));
  EXPECT_THAT(bench.close(1), IsEmpty());
  bench.commit();
  EXPECT_THAT(bench.hello(1, 1, {held}), ElementsAre("a1 <- welcome s2 epoch 7"));
  EXPECT_EQ(bench.state.leases.size(), 1U);
}

TEST(Loss, OpensAgainWhatAReturningAgentDoesNotReport) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  EXPECT_THAT(bench.join(1), Contains("a1.0 <- grant 7.2 r1/0 [0,1)"));
}

TEST(Loss, IsNotBlamedOnAgentsWhileTheSchedulerItselfStoodStill) {
  SchedulerBench bench;
  bench.show_events = true;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.now += 60s;
  EXPECT_THAT(bench.step(scheduler::TimeDue{}), Not(Contains(HasSubstr("silent"))));
  bench.now += 1s;
  EXPECT_THAT(bench.step(scheduler::TimeDue{}), Contains(HasSubstr("silent")))
      << "nor is it forgiven for ever";
}

TEST(Loss, IsFoundInTimeAlsoAfterAStallThatEndedWithAMessage) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.now += 60s;
  bench.heartbeat(1);  // Heard before the late wake-up.
  bench.step(scheduler::TimeDue{});
  EXPECT_LE(bench.state.agents.at(agent_id(1)).heard, bench.now);
}

TEST(Loss, DropsTheRowOfAnAgentThatHeldNothing) {
  SchedulerBench bench;
  bench.join(1);
  bench.close(1);
  EXPECT_THAT(bench.after(3s), ElementsAre("save no more agent a1"))
      << "else every restart would wait for it";
}

TEST(Sessions, OfAnEarlierHelloAreNotOpenedAgain) {
  SchedulerBench bench;
  bench.join(1);
  wire::Hello late;
  late.agent = agent_id(1);
  late.incarnation = 1;
  late.session = 1;
  bench.join(1);
  bench.close(1);
  EXPECT_THAT(bench.step(scheduler::HelloReceived{late}), IsEmpty());
  EXPECT_FALSE(bench.state.agents.at(agent_id(1)).session.has_value());
}

TEST(Sessions, LiveWhileTheirWelcomeWaitsForASlowDisk) {
  SchedulerBench bench;
  bench.hello(1);
  for (int second = 0; second < 10; ++second) {
    bench.after(1s);
    EXPECT_THAT(bench.heartbeat(1), ElementsAre("a1 <- heard"));
  }
  EXPECT_THAT(bench.commit(), ElementsAre("a1 <- welcome s1 epoch 7"));
}

TEST(Sessions, TakeTheirAnswersWithThem) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(2)}));
  bench.results(1, bench.lease(1), {0, 1});
  bench.close(1);
  EXPECT_THAT(bench.commit(), ElementsAre("client 1 <- accepted r1"));
}

TEST(Goodbye, GivesBackAndDeletesTheRow) {
  SchedulerBench bench;
  bench.show_events = true;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  EXPECT_THAT(bench.step(scheduler::GoodbyeReceived{agent_id(1), bench.session_of(1), {"stopped"}}),
              ElementsAre("save event r1: a1 left, its 1 item waits for a machine",
                          "save no more agent a1", "close a1 s1"));
  EXPECT_TRUE(bench.state.agents.empty());
}

TEST(Slots, ThatWereOffKeepTheLeasesTheyStillAnswerFor) {
  SchedulerBench bench;
  bench.join(1, 2);
  bench.submit(1, plan_of({map_of_constants(4)}));
  auto report = bench.report_of(bench.lease(2));
  const auto other = bench.report_of(bench.lease(1));
  bench.join(1, 1, {other, report});  // Slot 1 is off; what it holds has results.
  bench.join(1, 2, {other, report});
  EXPECT_EQ(bench.state.agents.at(agent_id(1)).slots.at(1).leases.size(), 1U);
}

}  // namespace
}  // namespace drover::testing
