#include <gmock/gmock.h>

#include "common/types/signature.hpp"
#include "tests/unit/scheduler/query/query_test.hpp"

/// What is said of agents and their slots.
namespace drover::scheduler {
namespace {

using ::testing::ElementsAre;

const RunId run_1 = testing::run_id(1);
constexpr const char* then = testing::item_task;
constexpr const char* now = "look(image: uri) -> str";

std::string hash_of(const std::string& task) { return signature_hash(testing::signature(task)); }

class PoolQuery : public testing::QueryTest {
 protected:
  /// Two slots that run `look` as it was, of which the agent now says this.
  void build_anew(const std::vector<std::string>& tasks,
                  const std::map<std::string, std::string>& older,
                  const std::vector<std::string>& notes = {}) {
    driver_.join(1, 2, {then});
    driver_.submit(run_1, testing::one_map(50));
    driver_.join(1, 2, tasks, [&](wire::Hello& hello) {
      for (auto& slot : hello.slots) slot.older_tasks = older;
      hello.notes = notes;
      for (const auto& [id, lease] : driver_.state.leases) {
        hello.report.push_back({id,
                                driver_.grants.at(id).opening,
                                lease.step.run,
                                0,
                                lease.slot,
                                lease.items.ranges(),
                                {}});
      }
    });
  }
  std::vector<std::string> notes() {
    return ask<wire::Agents>(wire::ListAgents{}).agents.at(0).notes;
  }
};

TEST_F(PoolQuery, OneLineTellsOfOneRebuild) {
  build_anew({now}, {{"look", hash_of(then)}});
  EXPECT_THAT(notes(), ElementsAre("task 'look' was built anew: 2 slots go on with it as it was, "
                                   "for runs from before"));
}

TEST_F(PoolQuery, ARebuildOfManyTasksNamesThree) {
  std::vector<std::string> tasks{now};
  std::map<std::string, std::string> older{{"look", hash_of(then)}};
  for (const char* name : {"a", "b", "c", "d"}) {
    tasks.push_back(std::string(name) + "(value: int) -> int");
    older[name] = hash_of(std::string(name) + "(value: int) -> str");
  }
  build_anew(tasks, older);
  EXPECT_THAT(notes(),
              ElementsAre("tasks 'a', 'b', 'c' and 2 others were built anew: 2 slots go on "
                          "with them as they were, for runs from before"));
}

TEST_F(PoolQuery, TasksThatDoNotLoadAreNewOrHaveTheSameTypesAreNotSaidToBeBuiltAnew) {
  const std::string why = "libmine.so not loaded: undefined symbol: helper(int)";
  const std::string same = "same(value: int) -> int";
  build_anew({same, "added(value: int) -> int"},
             {{"look", hash_of(then)}, {"same", hash_of(same)}, {"added", ""}}, {why});
  EXPECT_THAT(notes(), ElementsAre(why));
}

class EndingSlot : public PoolQuery {
 protected:
  EndingSlot() {
    driver_.join(1, 2, {then});
    driver_.submit(run_1, testing::one_map(50));
    for (const auto& [id, lease] : driver_.state.leases)
      calls_.push_back({lease.slot, id, lease.items.front(), 0});
    driver_.heartbeat(agent_1, calls_);
    driver_.happen(CancelRequested{ClientToken{2}, run_1});
  }
  std::vector<std::string> doing() {
    std::vector<std::string> all;
    const auto agents = ask<wire::Agents>(wire::ListAgents{}).agents;
    for (const auto& slot : agents.at(0).slots) all.push_back(slot.doing);
    return all;
  }

  const AgentId agent_1 = testing::agent_id(1);
  std::vector<wire::SlotProgress> calls_;
};

TEST_F(EndingSlot, IsSaidToEndWhileACallGoesOnThatWasCancelled) {
  EXPECT_THAT(doing(), ElementsAre("ending 0101 looks", "ending 0101 looks"));
  driver_.heartbeat(agent_1, calls_);
  EXPECT_THAT(doing(), ElementsAre("ending 0101 looks", "ending 0101 looks"));
  driver_.heartbeat(agent_1, {calls_[1]});
  EXPECT_THAT(doing(), ElementsAre("", "ending 0101 looks"));
  driver_.heartbeat(agent_1);
  EXPECT_THAT(doing(), ElementsAre("", ""));
}

TEST_F(EndingSlot, IsSaidToEndAfterItsAgentSaidHelloAgain) {
  driver_.join(1, 2, {then});
  EXPECT_THAT(doing(), ElementsAre("ending 0101 looks", "ending 0101 looks"));
  driver_.heartbeat(agent_1, {calls_[0]});
  EXPECT_THAT(doing(), ElementsAre("ending 0101 looks", ""));
}

}  // namespace
}  // namespace drover::scheduler
