#include "scheduler/core/service.hpp"

#include <gmock/gmock.h>

#include "tests/support/scheduler_bench.hpp"

namespace drover::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// Agents 1 to `agents` with a slot each, and a run of a thousand items.
class Service : public ::testing::Test {
 protected:
  void pool(std::uint8_t agents) {
    for (std::uint8_t agent = 1; agent <= agents; ++agent) bench_.join(agent);
    PlanStep step = map_of_constants(1000);
    step.options.retries.user_error = 1;
    bench_.submit(1, plan_of({step}));
    bench_.commit();
  }

  bool out(std::uint8_t agent) {
    return scheduler::out_of_service(bench_.state.agents.at(agent_id(agent)).slots.at(0),
                                     bench_.now);
  }

  LeaseId lease_of(std::uint8_t agent) {
    return bench_.state.agents.at(agent_id(agent)).slots.at(0).leases.at(0);
  }
  ItemIndex item_of(std::uint8_t agent) {
    return bench_.state.leases.at(lease_of(agent)).items.front().first;
  }

  void finish(std::uint8_t agent) {
    tick();
    const ItemIndex item = item_of(agent);
    bench_.results(agent, lease_of(agent), Range{item, item + 1});
    bench_.commit();
  }

  ItemIndex die(std::uint8_t agent) {
    tick();
    const ItemIndex item = item_of(agent);
    bench_.call_failed(agent, lease_of(agent), Range{item, item + 1});
    bench_.commit();
    return item;
  }

  ItemIndex throws(std::uint8_t agent) {
    tick();
    const ItemIndex item = item_of(agent);
    bench_.results(agent, lease_of(agent), Range{item, item + 1},
                   {wire::ItemFailure{item, Cause::UserError, "no such device", false}});
    bench_.commit();
    return item;
  }

  /// `agent` goes on until that item is done.
  void pass(ItemIndex item, std::uint8_t agent) {
    const auto& charged = bench_.state.runs.at(run_id(1)).steps.at(0).charged;
    for (int i = 0; charged.contains(item) && i < 10; ++i) finish(agent);
    ASSERT_FALSE(charged.contains(item));
  }

  /// So that failures are after what was done before.
  void tick() { bench_.now += 1ms; }

  SchedulerBench bench_;
};

TEST_F(Service, ThreeItemsThatASlotDiesOfAndThatAreDoneElsewherePutItOut) {
  pool(2);
  pass(die(1), 2);
  pass(die(1), 2);
  EXPECT_FALSE(out(1));
  pass(die(1), 2);
  EXPECT_TRUE(out(1));
  EXPECT_FALSE(out(2));
}

TEST_F(Service, OfErrorsItTakesTen) {
  pool(2);
  for (int i = 0; i < 9; ++i) pass(throws(1), 2);
  EXPECT_FALSE(out(1)) << "a task that fails now and then looks like this";
  pass(throws(1), 2);
  EXPECT_TRUE(out(1));
}

TEST_F(Service, AnItemThatTheSlotDoesForgetsTheRest) {
  pool(2);
  pass(die(1), 2);
  pass(die(1), 2);
  finish(1);
  pass(die(1), 2);
  pass(die(1), 2);
  EXPECT_FALSE(out(1));
}

TEST_F(Service, WhatFailedBeforeAnItemWasDoneIsNoEvidenceLater) {
  pool(2);
  const ItemIndex first = die(1);
  finish(1);
  pass(first, 2);
  pass(die(1), 2);
  pass(die(1), 2);
  EXPECT_FALSE(out(1));
}

TEST_F(Service, AnItemThatFailsEverywhereIsNoEvidence) {
  pool(2);
  for (int i = 0; i < 6; ++i) die(1);
  EXPECT_FALSE(out(1));
}

TEST_F(Service, HalfOfTheSlotsStay) {
  pool(3);
  for (int i = 0; i < 3; ++i) pass(die(1), 3);
  ASSERT_TRUE(out(1));
  for (int i = 0; i < 3; ++i) pass(die(2), 3);
  EXPECT_FALSE(out(2)) << "of three slots two would be out: it is the task";
}

TEST_F(Service, ComesBackAndGoesForTwiceAsLongAtTheNextOne) {
  pool(2);
  for (int i = 0; i < 3; ++i) pass(die(1), 2);
  ASSERT_TRUE(out(1));
  bench_.released(1, lease_of(1), {Range{item_of(1), item_of(1) + 1}});
  for (int second = 0; second < 60; ++second) {
    bench_.heartbeat(1);
    bench_.heartbeat(2);
    bench_.after(1s);
  }
  ASSERT_FALSE(out(1));
  bench_.show_events = true;
  const ItemIndex item = die(1);
  std::vector<std::string> said;
  for (int i = 0; !out(1) && i < 10; ++i) {
    tick();
    const ItemIndex next = item_of(2);
    said = bench_.results(2, lease_of(2), Range{next, next + 1});
    bench_.commit();
  }
  EXPECT_TRUE(out(1)) << "item " << item << " was one too many";
  EXPECT_THAT(said, Contains(HasSubstr("a1 slot 0 is out of service for 2 min")));
}

TEST_F(Service, AnAgentThatIsStartedAgainBeginsAnew) {
  pool(2);
  for (int i = 0; i < 3; ++i) pass(die(1), 2);
  ASSERT_TRUE(out(1));
  bench_.hello(1, 1, {bench_.report_of(lease_of(1))});
  EXPECT_TRUE(out(1)) << "a new session is no new start";
  wire::Hello again;
  again.agent = agent_id(1);
  again.incarnation = 2;
  again.session = 1;
  again.name = "a1";
  again.slots = {wire::SlotOffer{0, 1, 0, 1ULL << 30U}};
  again.tasks = task_texts();
  bench_.step(scheduler::HelloReceived{again});
  EXPECT_FALSE(out(1));
}

}  // namespace
}  // namespace drover::testing
