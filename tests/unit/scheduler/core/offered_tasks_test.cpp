#include "scheduler/core/offered_tasks.hpp"

#include <gmock/gmock.h>

#include "common/types/signature.hpp"
#include "scheduler/core/explain.hpp"
#include "scheduler/core/explain_text.hpp"
#include "scheduler/core/other_types.hpp"
#include "tests/unit/scheduler/core_driver.hpp"

/// Tasks are built anew while runs go on.
namespace drover::scheduler {
namespace {

using testing::Driver;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

const RunId run_1 = testing::run_id(1);
const RunId run_2 = testing::run_id(2);
constexpr const char* then = testing::item_task;
constexpr const char* now = "look(image: uri) -> str";

std::string hash_of(const char* task) { return signature_hash(testing::signature(task)); }

Plan map_with(const char* task, std::uint64_t count) {
  Plan plan = testing::one_map(count);
  plan.steps[0].task = testing::signature(task);
  return plan;
}

class OfferedTasks : public ::testing::Test {
 protected:
  /// The agent has `slots` slots and the tasks as they are now; those of `older` as they were.
  void join(std::uint8_t agent, std::uint32_t slots, const std::set<std::uint32_t>& older,
            bool keeps_leases = true) {
    driver_.join(agent, slots, {now}, [&](wire::Hello& hello) {
      for (const std::uint32_t slot : older)
        hello.slots[slot].older_tasks = {{"look", hash_of(then)}};
      if (keeps_leases) hello.report = held_by(agent);
    });
  }
  std::vector<wire::LeaseReport> held_by(std::uint8_t agent) const {
    std::vector<wire::LeaseReport> reports;
    for (const auto& [id, lease] : driver_.state.leases) {
      if (lease.agent != testing::agent_id(agent)) continue;
      const SendGrant& grant = driver_.grants.at(id);
      reports.push_back(
          {id, grant.opening, lease.step.run, 0, lease.slot, lease.items.ranges(), {}});
    }
    return reports;
  }
  std::size_t slots_of(const RunId& run) const {
    std::set<std::pair<AgentId, std::uint32_t>> slots;
    for (const auto& [id, lease] : driver_.state.leases) {
      if (lease.step.run == run) slots.emplace(lease.agent, lease.slot);
    }
    return slots.size();
  }
  std::size_t fitting(const RunId& run) const {
    const auto& of = driver_.state.runs.at(run);
    return fitting_slots(driver_.state, of.steps[0], of.plan->steps[0], driver_.now);
  }
  void finish_one(const RunId& run) { driver_.finish(driver_.lease_of({run, 0}), 2); }

  Driver driver_;
};

TEST_F(OfferedTasks, AnOlderRunGoesOnInSlotsThatHaveThemAsTheyWere) {
  driver_.join(1, 1, {then});
  driver_.submit(run_1, map_with(then, 9));
  join(1, 1, {0});
  finish_one(run_1);
  EXPECT_EQ(slots_of(run_1), 1U);
}

TEST_F(OfferedTasks, AreNotForANewRunAsTheyWere) {
  driver_.join(1, 1, {then});
  join(1, 1, {0});
  EXPECT_TRUE(has_only_other_types(driver_.state, testing::signature(then), driver_.now));
  driver_.submit(run_2, map_with(then, 9));
  EXPECT_EQ(slots_of(run_2), 0U) << "a slot that has loaded them so is for older runs";
}

TEST_F(OfferedTasks, ThatDoNotLoadAreNotThereForANewRun) {
  driver_.join(1, 1, {then});
  driver_.join(1, 1, {}, [](wire::Hello& hello) {
    hello.slots[0].older_tasks = {{"look", hash_of(then)}};
    hello.notes = {"libmine.so not loaded: undefined symbol: helper(int)"};
  });
  driver_.submit(run_2, map_with(then, 9));
  EXPECT_EQ(slots_of(run_2), 0U);
  const auto why = explain(driver_.state, StepRef{run_2, 0}, driver_.now);
  EXPECT_THAT(text_of(why.reasons, Wording{}), Not(HasSubstr("other types")));
  EXPECT_THAT(hint_of(why.reasons.front()), HasSubstr("libmine.so not loaded"));
}

TEST_F(OfferedTasks, OfAnOlderRunItIsSaidHowManySlotsGoOn) {
  driver_.join(1, 3, {then});
  driver_.submit(run_1, map_with(then, 50));
  join(1, 3, {0, 1});
  const auto why = explain(driver_.state, StepRef{run_1, 0}, driver_.now);
  EXPECT_THAT(text_of(why.reasons.front(), Wording{}),
              "2 of 3 slots go on with the types it was started with");
  EXPECT_THAT(hint_of(why.reasons.front()), IsEmpty());
  join(1, 3, {});
  const auto none = explain(driver_.state, StepRef{run_1, 0}, driver_.now);
  EXPECT_THAT(hint_of(none.reasons.front()), HasSubstr("within 60 s, the step fails"));
}

TEST_F(OfferedTasks, OfAnOlderRunWhoseTaskDoesNotLoadItIsSaidWhy) {
  driver_.join(1, 3, {then});
  driver_.submit(run_1, map_with(then, 50));
  for (const std::uint32_t older : {2U, 0U}) {
    driver_.join(1, 3, {"count(value: int) -> int"}, [&](wire::Hello& hello) {
      for (std::uint32_t slot = 0; slot < older; ++slot)
        hello.slots[slot].older_tasks = {{"look", hash_of(then)}};
      hello.notes = {"libmine.so not loaded: undefined symbol: helper(int)"};
      hello.report = held_by(1);
    });
    const auto why = explain(driver_.state, StepRef{run_1, 0}, driver_.now);
    EXPECT_THAT(text_of(why.reasons.front(), Wording{}),
                older > 0
                    ? "2 of 3 slots go on with look as it was; their agents do not offer it now"
                    : "no agent offers look");
    EXPECT_THAT(hint_of(why.reasons.front()), HasSubstr("undefined symbol: helper(int)"));
  }
}

TEST_F(OfferedTasks, ANewRunGetsASlotAndTheOlderOneKeepsTheLast) {
  driver_.join(1, 2, {then});
  driver_.submit(run_1, map_with(then, 50));
  join(1, 2, {0, 1});
  driver_.submit(run_2, map_with(now, 50));
  for (int i = 0; i < 10; ++i) finish_one(run_1);
  EXPECT_EQ(slots_of(run_1), 1U);
  EXPECT_EQ(slots_of(run_2), 1U);
}

TEST_F(OfferedTasks, WhereOneSlotIsAllThereIsTheNewRunWaitsAndSaysForWhat) {
  driver_.join(1, 1, {then});
  driver_.submit(run_1, map_with(then, 3));
  join(1, 1, {0});
  driver_.submit(run_2, map_with(now, 3));
  finish_one(run_1);
  EXPECT_EQ(slots_of(run_2), 0U);
  const auto why = explain(driver_.state, StepRef{run_2, 0}, driver_.now);
  EXPECT_THAT(text_of(why.reasons, Wording{}), HasSubstr("kept for an older run"));
  while (slots_of(run_1) > 0) finish_one(run_1);
  EXPECT_EQ(slots_of(run_2), 1U);
}

TEST_F(OfferedTasks, ASlotThatWillLoadThemIsNotCountedForTheOlderRun) {
  driver_.join(1, 2, {then});
  driver_.submit(run_1, map_with(then, 50));
  join(1, 2, {0, 1});
  // Items so short that leases wait in slots: both would take one of the new run.
  for (int i = 0; i < 4; ++i) driver_.finish(driver_.lease_of({run_1, 0}), 0.001F);
  driver_.submit(run_2, map_with(now, 50));
  for (int i = 0; i < 4; ++i) driver_.finish(driver_.lease_of({run_1, 0}), 0.001F);
  EXPECT_LE(slots_of(run_2), 1U);
}

/// `count` comes from a file that stays, or comes with Drover.
class UnchangedTask : public OfferedTasks {
 protected:
  void join_with_count(const char* look, const std::map<std::string, std::string>& older) {
    driver_.join(1, 2, {look, count}, [&](wire::Hello& hello) {
      for (auto& slot : hello.slots) slot.older_tasks = older;
      hello.report = held_by(1);
    });
  }
  static constexpr const char* count = "count(value: int) -> int";
};

TEST_F(UnchangedTask, IsRunForANewRunBySlotsWhichTheOlderOneKeeps) {
  join_with_count(then, {});
  driver_.submit(run_1, map_with(then, 50));
  join_with_count(now, {{"look", hash_of(then)}});
  driver_.submit(run_2, map_with(count, 50));
  finish_one(run_1);
  EXPECT_EQ(slots_of(run_2), 1U);
  EXPECT_EQ(fitting(run_1), 2U);
  EXPECT_EQ(fitting(run_2), 2U);
}

TEST_F(UnchangedTask, ThatChangesLaterIsKeptForARunThatCameInBetween) {
  join_with_count(then, {});
  join_with_count(now, {{"look", hash_of(then)}});
  driver_.submit(run_2, map_with(count, 9));
  constexpr const char* count_now = "count(value: int) -> str";
  driver_.join(1, 2, {now, count_now}, [&](wire::Hello& hello) {
    for (auto& slot : hello.slots)
      slot.older_tasks = {{"look", hash_of(then)}, {"count", hash_of(count)}};
    hello.report = held_by(1);
  });
  while (slots_of(run_2) > 0) finish_one(run_2);
  EXPECT_FALSE(driver_.state.runs.contains(run_2)) << "it has run to its end";
}

TEST_F(OfferedTasks, OfTheSameTypesAreLoadedForANewRunWhereNobodyNeedsTheSlotAsItIs) {
  driver_.join(1, 1, {then});
  driver_.submit(run_1, map_with(then, 9));
  driver_.join(1, 1, {then}, [&](wire::Hello& hello) {
    hello.slots[0].older_tasks = {{"look", hash_of(then)}};
    hello.report = held_by(1);
  });
  driver_.submit(run_2, map_with(then, 9));
  EXPECT_EQ(fitting(run_2), 1U) << "the older run goes on with what it loads";
}

TEST_F(OfferedTasks, NewRunsAreCheckedWithThemOnceNobodyElseHasThemAsTheyWere) {
  driver_.join(1, 1, {then});
  driver_.join(2, 1, {then});
  driver_.join(1, 1, {now});
  EXPECT_EQ(to_string(driver_.state.catalogue.at("look")), then) << "host-2 has it so";
  driver_.join(2, 1, {now});
  EXPECT_EQ(to_string(driver_.state.catalogue.at("look")), now);
  driver_.submit(run_1, map_with(now, 9));
  EXPECT_EQ(slots_of(run_1), 2U) << "both agents are of use";
}

TEST_F(OfferedTasks, NewRunsAreCheckedWithWhatIsLeftWhereTheAgentThatHadThemAsTheyWereIsGone) {
  for (const bool politely : {true, false}) {
    Driver driver;
    driver.join(1, 1, {then});
    driver.join(2, 1, {then});
    driver.join(1, 1, {now});
    ASSERT_EQ(to_string(driver.state.catalogue.at("look")), then);
    const AgentId other = testing::agent_id(2);
    if (politely) driver.happen(GoodbyeReceived{other, driver.session(other), {"down"}});
    for (int second = 0; second < 5; ++second) {
      driver.now += 1s;
      driver.heartbeat(testing::agent_id(1));
      driver.happen(TimeDue{});
    }
    EXPECT_EQ(to_string(driver.state.catalogue.at("look")), now) << politely;
  }
}

TEST_F(OfferedTasks, TheSlotThatIsKeptIsOneThatCanRunWhatIsLeft) {
  StepOptions large;
  large.resources.memory.count = 1ULL << 31U;
  Plan plan = testing::one_map(50, large);
  const auto with_memory = [](std::uint64_t gib) {
    return [gib](wire::Hello& hello) { hello.slots[0].memory_bytes = gib << 30U; };
  };
  driver_.join(1, 1, {then}, with_memory(4));
  driver_.join(2, 1, {then}, with_memory(1));
  driver_.submit(run_1, plan);
  for (const std::uint8_t agent : {std::uint8_t{1}, std::uint8_t{2}}) {
    driver_.join(agent, 1, {now}, [&](wire::Hello& hello) {
      with_memory(agent == 1 ? 4 : 1)(hello);
      hello.slots[0].older_tasks = {{"look", hash_of(then)}};
      hello.report = held_by(agent);
    });
  }
  driver_.submit(run_2, map_with(now, 50));
  for (int i = 0; i < 5; ++i) finish_one(run_1);
  EXPECT_EQ(slots_of(run_1), 1U);
  EXPECT_EQ(driver_.state.leases.at(driver_.lease_of({run_2, 0})).agent, testing::agent_id(2));
}

TEST_F(OfferedTasks, ChangeForSecondsAtMost) {
  driver_.join(1, 1, {then}, [](wire::Hello& hello) { hello.tasks_change = true; });
  EXPECT_TRUE(tasks_change(driver_.state, driver_.now));
  EXPECT_FALSE(tasks_change(driver_.state, driver_.now + changes_for));
  driver_.commits = false;
  driver_.join(1, 1, {now});
  EXPECT_TRUE(tasks_change(driver_.state, driver_.now)) << "it can be granted nothing yet";
  driver_.commit();
  EXPECT_FALSE(tasks_change(driver_.state, driver_.now));
}

}  // namespace
}  // namespace drover::scheduler
