#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scheduler_bench.hpp"

namespace drover::testing {
namespace {

using namespace std::chrono_literals;

/// What share of the time that slots were held was spent in calls is asked of each step.
class SlotTime : public ::testing::Test {
 protected:
  const scheduler::Step& step(std::uint8_t run = 1) const {
    return bench_.state.runs.at(run_id(run)).steps.at(0);
  }
  void start(std::uint64_t items, std::uint32_t slots = 1) {
    bench_.join(1, slots);
    bench_.submit(1, plan_of({map_of_constants(items)}));
    bench_.commit();
  }
  /// What the end of the step says of its times.
  std::pair<double, double> times_at_the_end() const {
    for (const auto& effect : bench_.effects) {
      const auto* persist = std::get_if<scheduler::Persist>(&effect);
      if (persist == nullptr) continue;
      const auto* ended = std::get_if<scheduler::SaveStepEnded>(&persist->save.what);
      if (ended != nullptr) return {ended->call_seconds, ended->slot_seconds};
    }
    ADD_FAILURE() << "no step ended";
    return {};
  }
  SchedulerBench bench_;
};

TEST_F(SlotTime, IsFromTheGrantToTheResults) {
  start(1);
  bench_.now += 10s;
  bench_.results(1, bench_.lease(1), {0, 1}, {}, 9.0F);
  EXPECT_EQ(times_at_the_end(), std::pair(9.0, 10.0));
}

TEST_F(SlotTime, CountsASlotWithTwoLeasesOnce) {
  start(3);
  bench_.now += 1s;
  bench_.results(1, bench_.lease(1), {0, 1}, {}, 0.5F);
  ASSERT_EQ(bench_.state.leases.size(), 2U) << "one runs, one waits behind it";
  bench_.now += 1s;
  bench_.results(1, bench_.lease(2), {1, 2}, {}, 0.5F);
  bench_.now += 1s;
  bench_.results(1, bench_.lease(3), {2, 3}, {}, 0.5F);
  EXPECT_EQ(times_at_the_end(), std::pair(1.5, 3.0));
}

TEST_F(SlotTime, IsCountedUpToTheNewestResultsSoThatTheShareIsTrueInMidRun) {
  bench_.join(1);
  auto map = map_of_constants(8);
  map.options.batch = 8;
  bench_.submit(1, plan_of({map}));
  bench_.commit();
  bench_.now += 4s;
  bench_.results(1, bench_.lease(1), {0, 4}, {}, 1.0F);
  bench_.now += 2s;
  bench_.heartbeat(1);
  EXPECT_EQ(step().call_seconds, 4.0);
  EXPECT_EQ(step().slot_seconds, 4.0) << "of the call that runs nobody knows yet what it takes";
}

TEST_F(SlotTime, OfASlotThatIdlesIsNobodys) {
  start(1);
  bench_.now += 1s;
  bench_.results(1, bench_.lease(1), {0, 1}, {}, 1.0F);
  bench_.commit();
  bench_.now += 60s;
  bench_.heartbeat(1);
  bench_.submit(2, plan_of({map_of_constants(1)}));
  bench_.now += 2s;
  bench_.results(1, bench_.lease(2), {0, 1}, {}, 1.0F);
  EXPECT_EQ(times_at_the_end(), std::pair(1.0, 2.0));
}

TEST_F(SlotTime, OfALeaseBehindAnotherStepsBeginsWhenThatEnds) {
  start(2);
  bench_.now += 1s;
  bench_.results(1, bench_.lease(1), {0, 1}, {}, 0.5F);
  bench_.submit(2, plan_of({map_of_constants(1)}));  // Its lease waits behind run 1's second item.
  ASSERT_EQ(bench_.state.leases.size(), 2U);
  bench_.now += 3s;
  bench_.results(1, bench_.lease(2), {1, 2}, {}, 3.0F);
  EXPECT_EQ(times_at_the_end(), std::pair(3.5, 4.0));
  bench_.now += 1s;
  bench_.results(1, bench_.lease(3), {0, 1}, {}, 1.0F);
  EXPECT_EQ(times_at_the_end(), std::pair(1.0, 1.0));
}

TEST_F(SlotTime, HasTheTimeOfFailedAttempts) {
  start(1);
  bench_.now += 2s;
  bench_.call_failed(1, bench_.lease(1), {0, 1});  // Took one second.
  EXPECT_EQ(step().call_seconds, 1.0);
  EXPECT_EQ(step().slot_seconds, 2.0);
}

TEST_F(SlotTime, GoesOnOverASessionThatBroke) {
  start(1);
  const auto held = bench_.report_of(bench_.lease(1));
  bench_.now += 1s;
  bench_.close(1);
  bench_.now += 1s;
  bench_.join(1, 1, {held});
  bench_.now += 1s;
  bench_.results(1, bench_.lease(1), {0, 1}, {}, 3.0F);
  EXPECT_EQ(times_at_the_end(), std::pair(3.0, 3.0));
}

TEST_F(SlotTime, IsUnknownOfWhatARestartAdopts) {
  scheduler::Stored stored;
  stored.epoch = 8;
  stored.agents = {{agent_id(1), 1, "a1"}};
  scheduler::StoredStep running;
  running.state = scheduler::StepState::Running;
  running.opening = OpeningId{7, 1};
  running.count = 2;
  stored.runs = {{run_id(1), spec_of("flow"), std::nullopt, 1, {running}}};
  bench_.state =
      scheduler::recover(stored, {{run_id(1), plan_of({map_of_constants(2)})}}, Instant{}, 1);
  bench_.step(scheduler::Started{});
  bench_.join(1, 1, {{LeaseId{7, 5}, OpeningId{7, 1}, run_id(1), 0, 0, {{0, 1}}, {}}});
  bench_.now += 1s;
  bench_.results(1, {7, 5}, {0, 1}, {}, 60.0F);  // Most of it before the restart.
  EXPECT_EQ(step().call_seconds, 0.0);
  EXPECT_EQ(step().slot_seconds, 0.0);
  bench_.now += 2s;
  bench_.results(1, bench_.lease(1), {1, 2}, {}, 1.0F);
  EXPECT_EQ(times_at_the_end(), std::pair(1.0, 2.0));
}

TEST_F(SlotTime, IsRememberedOfStepsThatEndedBeforeARestart) {
  scheduler::Stored stored;
  stored.epoch = 8;
  scheduler::StoredStep ended;
  ended.state = scheduler::StepState::Succeeded;
  ended.opening = OpeningId{7, 1};
  ended.call_seconds = 3;
  ended.slot_seconds = 4;
  stored.runs = {{run_id(1), spec_of("flow"), std::nullopt, 1, {ended}}};
  bench_.state =
      scheduler::recover(stored, {{run_id(1), plan_of({map_of_constants(0)})}}, Instant{}, 1);
  EXPECT_EQ(step().call_seconds, 3.0);
  EXPECT_EQ(step().slot_seconds, 4.0);
}

TEST_F(SlotTime, OfACancelledCallIsNotCountedBecauseNobodyMeasuresIt) {
  start(2);
  bench_.now += 2s;
  bench_.results(1, bench_.lease(1), {0, 1}, {}, 2.0F);
  bench_.now += 5s;
  bench_.cancel(1);
  EXPECT_EQ(times_at_the_end(), std::pair(2.0, 2.0));
}

}  // namespace
}  // namespace drover::testing
