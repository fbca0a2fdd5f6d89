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

TEST(Retries, WaitForTheCommitOfTheirCharge) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.commit();
  EXPECT_THAT(bench.call_failed(1, bench.lease(1), {0, 1}),
              ElementsAre("save failure r1/0 item 0 attempt 1 crash by 7.1"));
  EXPECT_THAT(bench.commit(), ElementsAre("a1 <- answer 7.1 call failed [0,1)",
                                          "a1.0 <- grant 7.2 r1/0 [0,1) attempt 2"));
}

TEST(Retries, KeepTheirBudgetsApart) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.call_failed(1, bench.lease(1), {0, 1}, {}, Cause::Timeout);
  bench.commit();
  EXPECT_THAT(bench.call_failed(1, bench.lease(2), {0, 1}, {}, Cause::Crash),
              ElementsAre("save failure r1/0 item 0 attempt 2 crash by 7.2"));
  bench.commit();
  EXPECT_THAT(bench.call_failed(1, bench.lease(3), {0, 1}, {}, Cause::Timeout),
              Contains("save failure r1/0 item 0 attempt 3 timeout by 7.3 final"));
}

TEST(Retries, AreNotMadeOfWhatTheTaskCallsPermanent) {
  auto map = map_of_constants(1);
  map.options.retries.user_error = 5;
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map}));
  EXPECT_THAT(
      bench.results(1, bench.lease(1), {0, 1}, {{0, Cause::UserError, "not an image", true}}),
      Contains("save failure r1/0 item 0 attempt 1 user_error by 7.1 final"));
}

TEST(Blame, ChargesNobodyForACallOfSeveralAndHalvesIt) {
  auto map = map_of_constants(8);
  map.options.batch = 8;
  SchedulerBench bench;
  bench.join(1, 2);
  EXPECT_THAT(bench.submit(1, plan_of({map})), Contains("a1.0 <- grant 7.1 r1/0 [0,8) batch 8"));
  EXPECT_THAT(
      bench.call_failed(1, bench.lease(1), {0, 8}),
      ElementsAre("a1.0 <- grant 7.2 r1/0 [0,4) batch 4", "a1.1 <- grant 7.3 r1/0 [4,8) batch 4"));
  EXPECT_THAT(bench.call_failed(1, bench.lease(2), {0, 4}),
              ElementsAre("a1.0 <- grant 7.4 r1/0 [0,2) batch 2"));
  EXPECT_THAT(bench.call_failed(1, bench.lease(4), {0, 2}),
              ElementsAre("a1.0 <- grant 7.5 r1/0 [0,1)"));
  EXPECT_THAT(bench.call_failed(1, bench.lease(5), {0, 1}),
              ElementsAre("save failure r1/0 item 0 attempt 1 crash by 7.5",
                          "a1.0 <- grant 7.6 r1/0 [1,2)"));
}

TEST(Blame, LetsItemsThatWereNotExecutingGoBackFree) {
  auto map = map_of_constants(100);
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map}));
  bench.results(1, bench.lease(1), {0, 1}, {}, 0.001F);
  EXPECT_THAT(bench.call_failed(1, bench.lease(2), {2, 3}, {{3, 5}}),
              ElementsAre("save failure r1/0 item 2 attempt 1 crash by 7.2"))
      << "item 1 is still with the lease: its result comes first, or is reported missing";
  const auto& charged = bench.state.runs.at(run_id(1)).steps[0].charged;
  EXPECT_EQ(charged.size(), 1U);
}

TEST(Blame, JudgesACallAsItRanAndNotByWhatTheFenceLeft) {
  auto map = map_of_constants(2);
  map.options.batch = 2;
  SchedulerBench bench;
  bench.join(1, 1);
  bench.submit(1, plan_of({map}));
  bench.results(1, bench.lease(1), {0, 1});
  EXPECT_THAT(bench.call_failed(1, bench.lease(1), {0, 2}), Not(Contains(HasSubstr("failure"))));
}

TEST(Blame, ChargesAnItemOnceForOneLease) {
  SchedulerBench bench;
  bench.join(1);
  bench.submit(1, plan_of({map_of_constants(1)}));
  bench.commit();
  auto report = bench.report_of(bench.lease(1));
  bench.call_failed(1, bench.lease(1), {0, 1});
  bench.close(1);  // The answer is lost with the session.
  report.unanswered = report.held;
  report.held.clear();
  bench.hello(1, 1, {report});
  EXPECT_THAT(bench.call_failed(1, bench.lease(1), {0, 1}), IsEmpty());
  bench.commit();
  const auto& step = bench.state.runs.at(run_id(1)).steps[0];
  EXPECT_EQ(step.charged.at(0).attempts, 1U);
  EXPECT_EQ(step.deaths.at(static_cast<std::size_t>(Cause::Crash)), 1U) << "and is told once";
}

}  // namespace
}  // namespace drover::testing
