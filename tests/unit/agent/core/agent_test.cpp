#include <gmock/gmock.h>

#include "agent/core/slots.hpp"
#include "common/types/signature.hpp"
#include "tests/support/agent_bench.hpp"

namespace drover::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr LeaseId lease_1{7, 1};
constexpr LeaseId lease_2{7, 2};

TEST(Agent, SaysHelloOnceItsWorkersAreReadyAndRunsWhatItIsGranted) {
  AgentBench bench;
  EXPECT_THAT(bench.step(agent::Started{}), ElementsAre("start worker 0"));
  EXPECT_THAT(bench.ready(0), ElementsAre("open: hello s1 1 slots"));
  EXPECT_THAT(bench.welcome(), ElementsAre("ask for chunks again"));
  EXPECT_THAT(bench.grant(lease_1, {0, 3}), ElementsAre("run 7.1 on 0"));
  EXPECT_THAT(bench.results(lease_1, {0, 2}), ElementsAre("send results 7.1 [0,2)"));
  EXPECT_THAT(bench.results(lease_1, {2, 3}), ElementsAre("send results 7.1 [2,3)"));
  EXPECT_THAT(bench.ended(lease_1), IsEmpty());
  EXPECT_EQ(bench.state.unanswered.size(), 2U);
  bench.answer(lease_1, {0, 2});
  bench.answer(lease_1, {2, 3});
  EXPECT_TRUE(bench.state.unanswered.empty());
  EXPECT_EQ(bench.state.unanswered_bytes, 0U);
}

TEST(Agent, SaysHelloWithoutWorkersAfterAWhile) {
  AgentBench bench;
  bench.step(agent::Started{});
  EXPECT_THAT(bench.after(4s), IsEmpty());
  EXPECT_THAT(bench.after(1s), ElementsAre("open: hello s1 1 slots"));
}

TEST(Agent, RunsTheWaitingLeaseNext) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 1});
  EXPECT_THAT(bench.grant(lease_2, {1, 2}), IsEmpty());
  bench.results(lease_1, {0, 1});
  EXPECT_THAT(bench.ended(lease_1), ElementsAre("run 7.2 on 0"));
}

TEST(Agent, GivesBackAWaitingLeaseAtOnceAndOneThatRunsAfterItsCall) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 4});
  bench.grant(lease_2, {4, 5});
  EXPECT_THAT(bench.from_scheduler(wire::Release{lease_2}), ElementsAre("send released 7.2 [4,5)"));
  EXPECT_THAT(bench.from_scheduler(wire::Release{lease_1}),
              ElementsAre("stop 7.1 on 0 after its call"));
  bench.results(lease_1, {0, 1});
  EXPECT_THAT(bench.ended(lease_1), ElementsAre("send call failed 7.1 crash rest [1,4)"));
  EXPECT_THAT(bench.from_scheduler(wire::Release{lease_1}),
              ElementsAre("send released 7.1 nothing"));
}

TEST(Agent, WhatIsLeftOfAReleasedLeaseGoesBackAlsoWhereASessionIsJustBeingOpened) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 4});
  bench.from_scheduler(wire::Release{lease_1});
  bench.step(agent::SessionBroken{bench.state.session});  // Its Hello says that all is held.
  bench.results(lease_1, {0, 1});
  EXPECT_THAT(bench.ended(lease_1), IsEmpty());
  EXPECT_THAT(bench.welcome(), Contains("send call failed 7.1 crash rest [1,4)"));
}

TEST(Agent, OfAReleasedLeaseWhoseWorkerDiesOnlyTheCallIsBlamed) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 4});
  bench.from_scheduler(wire::Release{lease_1});
  EXPECT_THAT(bench.died({1, 2}),
              Contains("send call failed 7.1 crash call [1,2) rest [0,1) [2,4)"));
}

TEST(Agent, KeepsResultsUntilTheyAreAnsweredAndSendsThemInEachNewSession) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 2});
  bench.results(lease_1, {0, 1});
  EXPECT_THAT(bench.step(agent::SessionBroken{bench.state.session}),
              ElementsAre("open: hello s2 1 slots; 7.1 r1/0 slot 0 held [1,2) unanswered [0,1)"));
  EXPECT_THAT(bench.results(lease_1, {1, 2}), IsEmpty()) << "no session to send it in";
  EXPECT_THAT(bench.welcome(), ElementsAre("send results 7.1 [0,1)", "send results 7.1 [1,2)",
                                           "ask for chunks again"));
}

TEST(Agent, StopsWhatAWelcomeRevokesButKeepsResultsWithoutAnAnswer) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 2});
  bench.results(lease_1, {0, 1});
  bench.step(agent::SessionBroken{bench.state.session});
  EXPECT_THAT(bench.welcome(8, {{lease_1, {{0, 2}}}}),
              ElementsAre("stop 7.1 on 0", "send results 7.1 [0,1)", "ask for chunks again"));
  EXPECT_THAT(bench.results(lease_1, {1, 2}), IsEmpty())
      << "a stopped worker's result is of no use";
  EXPECT_THAT(bench.ended(lease_1), IsEmpty());
  EXPECT_EQ(bench.state.unanswered.size(), 1U);
}

TEST(Agent, HearsNothingFromASchedulerThatWasReplaced) {
  AgentBench bench = AgentBench::welcomed();
  bench.step(agent::SessionBroken{bench.state.session});
  bench.welcome(6);
  EXPECT_EQ(bench.state.uplink, agent::Uplink::HelloSent);
  bench.after(1s);
  bench.from_scheduler(wire::HeartbeatHeard{6});
  EXPECT_THAT(bench.after(1s), ElementsAre(HasSubstr("open: hello s3")));
}

TEST(Agent, IgnoresMessagesOfOtherSessions) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 1});
  bench.results(lease_1, {0, 1});
  bench.step(agent::FromScheduler{bench.state.session - 1,
                                  wire::Answer{lease_1, wire::Answered::Results, {{0, 1}}, true}});
  EXPECT_EQ(bench.state.unanswered.size(), 1U);
}

TEST(Agent, WaitsForAWelcomeAsLongAsItsHeartbeatsAreHeard) {
  AgentBench bench;
  bench.step(agent::Started{});
  bench.ready(0);
  for (int second = 0; second < 20; ++second) {
    EXPECT_THAT(bench.after(1s), IsEmpty()) << "a new Hello would put the Welcome back";
    EXPECT_THAT(bench.effects,
                Contains(::testing::VariantWith<agent::SendHeartbeat>(::testing::_)));
    bench.from_scheduler(wire::HeartbeatHeard{7});
  }
  bench.welcome();
  EXPECT_EQ(bench.state.uplink, agent::Uplink::Welcomed);
}

TEST(Agent, SaysHelloAgainWhereNothingIsHeard) {
  AgentBench bench;
  bench.step(agent::Started{});
  bench.ready(0);
  EXPECT_THAT(bench.after(1s), IsEmpty());
  EXPECT_THAT(bench.after(1s), ElementsAre("open: hello s2 1 slots"));
}

TEST(Agent, EndsTheSessionOfASilentScheduler) {
  AgentBench bench = AgentBench::welcomed();
  bench.after(1s);
  bench.after(1s);
  EXPECT_THAT(bench.after(1s), ElementsAre("open: hello s2 1 slots"));
}

TEST(Agent, SendsAHeartbeatEverySecond) {
  AgentBench bench = AgentBench::welcomed();
  int beats = 0;
  for (int i = 0; i < 10; ++i) {
    bench.now += 1s;
    bench.step(agent::TimeDue{});
    for (const auto& effect : bench.effects)
      beats += std::holds_alternative<agent::SendHeartbeat>(effect) ? 1 : 0;
    bench.from_scheduler(wire::HeartbeatHeard{7});
  }
  EXPECT_EQ(beats, 10);
}

TEST(Agent, BlamesTheCallThatExecutedAndGivesTheRestBackFree) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 5});
  bench.results(lease_1, {0, 1});
  EXPECT_THAT(bench.died({1, 2}),
              ElementsAre("send call failed 7.1 crash call [1,2) rest [2,5)", "start worker 0"));
  EXPECT_THAT(bench.step(agent::SessionBroken{bench.state.session}),
              ElementsAre("open: hello s2 1 slots; 7.1 r1/0 slot 0 unanswered [0,1) [1,5)"));
  EXPECT_THAT(bench.welcome(), ElementsAre("send results 7.1 [0,1)",
                                           "send call failed 7.1 crash call [1,2) rest [2,5)",
                                           "ask for chunks again"));
  bench.answer(lease_1, {0, 1});
  bench.from_scheduler(wire::Answer{lease_1, wire::Answered::CallFailed, {{1, 2}, {2, 5}}, true});
  EXPECT_TRUE(bench.state.unanswered.empty());
}

TEST(Agent, ReportsACallAsItRanWherePartOfItWasRevoked) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 4});
  bench.from_scheduler(wire::Revoke{{{lease_1, {{0, 1}}}}});
  EXPECT_THAT(bench.died({0, 2}), Contains("send call failed 7.1 crash call [0,2) rest [2,4)"));
}

TEST(Agent, TakesASlotOutOfServiceWhoseWorkerKeepsDying) {
  AgentBench bench = AgentBench::welcomed(2);
  for (std::uint64_t i = 0; i < 5; ++i) {
    bench.grant(LeaseId{7, i}, {i, i + 1});
    const auto effects = bench.died({i, i + 1});
    if (i < 4) {
      EXPECT_THAT(effects, Contains("start worker 0"));
      bench.ready(0);
    } else {
      EXPECT_THAT(effects, Contains(HasSubstr("open: hello s2 1 slots")));
    }
  }
  bench.welcome();
  EXPECT_THAT(bench.after(1s), ElementsAre("start worker 0", HasSubstr("open: hello s3 2 slots")));
}

/// Deaths of one slot's worker at items 0, 1, ... in turn, each tried `attempts` times here, and
/// the time that the slot was off in all.
Duration time_off_for_items(AgentBench& bench, std::uint64_t items, int attempts = 1) {
  Duration off{};
  std::uint64_t lease = 1000;
  for (std::uint64_t item = 0; item < items; ++item) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
      bench.grant(LeaseId{7, ++lease}, {item, item + 1});
      bench.died({item, item + 1});
      if (const auto on_again = bench.state.slots.at(0).on_again) {
        off += *on_again - bench.now;
        bench.welcome();
        bench.after(*on_again - bench.now);
        bench.welcome();
      }
      bench.ready(0);
    }
  }
  return off;
}

TEST(Agent, IdlesForSecondsWhereTenItemsInARowKillTheirWorkers) {
  AgentBench bench = AgentBench::welcomed();
  EXPECT_EQ(time_off_for_items(bench, 10, 3), 3s) << "an item that is tried again counts once";
}

TEST(Agent, KeepsASlotOffLongerAndLongerWhereEverythingDies) {
  AgentBench bench = AgentBench::welcomed();
  EXPECT_EQ(time_off_for_items(bench, 30), 1s + 2s + 4s + 8s + 16s + 32s);
  EXPECT_EQ(time_off_for_items(bench, 10), 60s + 60s);
}

TEST(Agent, TellsThatASlotIsOffAndForHowLong) {
  AgentBench bench = AgentBench::welcomed();
  bench.state.task_build.notes = {"a.so did not load"};
  for (int i = 0; i < 5; ++i) bench.died({});
  EXPECT_THAT(
      agent::notes(bench.state),
      ElementsAre("a.so did not load", "slot 0: off for 1.0 s, its worker died 5 times in a row"));
  bench.welcome();
  bench.after(1s);
  EXPECT_THAT(agent::notes(bench.state), ElementsAre("a.so did not load"));
}

TEST(Agent, TrustsASlotAgainThatCompletedAnItem) {
  AgentBench bench = AgentBench::welcomed();
  time_off_for_items(bench, 20);
  bench.grant(lease_1, {0, 1});
  bench.results(lease_1, {0, 1});
  bench.ended(lease_1);
  EXPECT_EQ(time_off_for_items(bench, 5), 1s);
}

TEST(Agent, CountsDeathsAtNobodysItem) {
  AgentBench bench = AgentBench::welcomed(2);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(bench.died({}), ElementsAre("start worker 0"));
  EXPECT_THAT(bench.died({}), ElementsAre(HasSubstr("open: hello s2 1 slots")));
}

TEST(Agent, ForgivesASlotWhoseWorkerCompletesItemsBetweenItsDeaths) {
  AgentBench bench = AgentBench::welcomed();
  for (std::uint64_t i = 0; i < 10; ++i) {
    bench.grant(LeaseId{7, i}, {2 * i, 2 * i + 2});
    bench.results(LeaseId{7, i}, {2 * i, 2 * i + 1});
    EXPECT_THAT(bench.died({2 * i + 1, 2 * i + 2}), Contains("start worker 0"));
    bench.ready(0);
  }
}

TEST(Agent, DoesNotCountDeathsOfCallsThatAreBeingHalved) {
  AgentBench bench = AgentBench::welcomed();
  for (std::uint64_t i = 0; i < 10; ++i) {
    bench.grant(LeaseId{7, i}, {0, 2});
    EXPECT_THAT(bench.died({0, 2}), Contains("start worker 0"));
    bench.ready(0);
  }
}

TEST(Agent, StopsReadingWorkersWhileTooMuchHasNoAnswer) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 2});
  auto big = std::make_shared<wire::Results>();
  big->lease = lease_1;
  big->columns.push_back(std::string(9U << 20U, 'x'));
  EXPECT_THAT(bench.step(agent::WorkerResults{0, big}),
              ElementsAre("send results 7.1 [0,1)", "hold workers"));
  EXPECT_THAT(bench.answer(lease_1, {0, 1}), ElementsAre("go on"));
}

TEST(Agent, LeavesOnceEverythingIsAnswered) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 2});
  bench.results(lease_1, {0, 1});
  EXPECT_THAT(bench.step(agent::StopAsked{}), ElementsAre("stop workers"));
  EXPECT_THAT(bench.answer(lease_1, {0, 1}), ElementsAre("send goodbye", "finished"));
}

TEST(Agent, DoesNotWaitForAnswersForEver) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 2});
  bench.results(lease_1, {0, 1});
  bench.step(agent::StopAsked{});
  EXPECT_THAT(bench.after(2s), ElementsAre("send goodbye", "finished"));
}

TEST(Agent, KeepsAListsChunksUntilTheyAreAnswered) {
  AgentBench bench = AgentBench::welcomed();
  bench.grant(lease_1, {0, 1});
  auto chunk = std::make_shared<wire::PutChunk>();
  chunk->lease = lease_1;
  chunk->columns.push_back("\x01");
  EXPECT_THAT(bench.step(agent::WorkerChunk{0, chunk}), ElementsAre("send chunk 7.1 [0,1)"));
  EXPECT_THAT(bench.step(agent::SessionBroken{bench.state.session}),
              ElementsAre("open: hello s2 1 slots; 7.1 r1/0 slot 0 held [0,1)"));
  EXPECT_THAT(bench.welcome(), ElementsAre("send chunk 7.1 [0,1)", "ask for chunks again"));
  bench.answer(lease_1, {0, 1}, wire::Answered::Chunk);
  EXPECT_TRUE(bench.state.unanswered.empty());
}

TEST(Agent, DoesNotRunAGrantThatItsRevokeOvertook) {
  AgentBench bench = AgentBench::welcomed();
  bench.from_scheduler(wire::Revoke{{{lease_1, {{0, 2}}}, {lease_2, {{2, 3}}}}});
  EXPECT_THAT(bench.grant(lease_1, {0, 2}), IsEmpty());
  EXPECT_THAT(bench.grant(lease_2, {2, 5}), ElementsAre("run 7.2 on 0"));
  EXPECT_EQ(bench.state.slots.at(0).running->left, IntervalSet(Range{3, 5}));
}

TEST(Agent, GivesBackWhatANewWorkerHasWithOtherTypesOnly) {
  AgentBench bench = AgentBench::welcomed();
  wire::Grant grant;
  grant.lease = lease_1;
  grant.task = "look";
  grant.signature = signature_hash(*parse_signature("look(image: uri) -> int"));
  grant.items = {0, 2};
  bench.step(agent::WorkerReady{0, {"look(image: uri) -> int"}, {}});
  bench.welcome();
  EXPECT_THAT(bench.from_scheduler(grant), ElementsAre("run 7.1 on 0"));
  grant.lease = lease_2;
  grant.items = {2, 4};
  bench.from_scheduler(grant);
  bench.died({});
  EXPECT_THAT(bench.step(agent::WorkerReady{0, {"look(image: uri) -> str"}, {}}),
              Contains("send call failed 7.2 crash rest [2,4)"));
  EXPECT_FALSE(bench.state.slots.at(0).running);
}

TEST(Agent, GivesBackWhatASlotOutOfServiceIsGranted) {
  AgentBench bench = AgentBench::welcomed();
  EXPECT_THAT(bench.grant(lease_1, {0, 2}, 9),
              ElementsAre("send call failed 7.1 crash rest [0,2)"));
}

}  // namespace
}  // namespace drover::testing
