#include "scheduler/query/changed_tasks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/types/signature.hpp"

namespace drover::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A step that would keep three results, and agents that offer its task.
struct ChangedTasks : public ::testing::Test {
  PlanStep step;
  StepRow row;
  State state;

  void SetUp() override {
    step.name = "lengths";
    step.task = parse_signature("length(file: uri) -> int").value();
    row.builds = {"older"};
  }

  void offer(std::uint8_t number, const std::string& build,
             const std::string& text = "length(file: uri) -> int") {
    AgentId id;
    id.bytes[0] = number;
    Agent& agent = state.agents[id];
    agent.session.emplace();
    agent.tasks["length"] = OfferedTask{signature_hash(parse_signature(text).value()), text, build};
  }

  std::map<std::uint32_t, wire::ChangedTask> changed(std::uint64_t items = 3) const {
    return changed_tasks({{7, Keeps{&step, &row, items}}}, state);
  }
};

TEST_F(ChangedTasks, AreThoseWhoseBuildNoAgentHasAnyMore) {
  offer(1, "newer");
  ASSERT_EQ(changed().size(), 1U);
  const auto task = changed().at(7);
  EXPECT_EQ(task, (wire::ChangedTask{"lengths", "length", 3, {"older"}, {"newer"}}));
  offer(2, "older");
  EXPECT_THAT(changed(), IsEmpty()) << "a pool is rebuilt machine by machine";
}

TEST_F(ChangedTasks, AreThoseOfWhichSomeResultsAreOlder) {
  offer(1, "newer");
  row.builds = {"newer", "older"};
  EXPECT_THAT(changed().at(7).then, ElementsAre("newer", "older"));
  row.builds = {"newer"};
  EXPECT_THAT(changed(), IsEmpty());
}

TEST_F(ChangedTasks, AreNotThoseOfWhichNothingIsKnownOrKept) {
  EXPECT_THAT(changed(), IsEmpty()) << "no agent is there";
  offer(1, "newer", "length(file: uri) -> str");
  EXPECT_THAT(changed(), IsEmpty()) << "other types are another task";
  offer(1, "newer");
  EXPECT_THAT(changed(0), IsEmpty()) << "nothing is kept";
  state.agents.begin()->second.session.reset();
  EXPECT_THAT(changed(), IsEmpty()) << "the agent is away";
}

TEST(ChangedWord, IsOneOfThree) {
  EXPECT_EQ(parse_changed(""), Changed::Keep);
  EXPECT_EQ(parse_changed("keep"), Changed::Keep);
  EXPECT_EQ(parse_changed("again"), Changed::Again);
  EXPECT_EQ(parse_changed("ask"), Changed::Ask);
  EXPECT_EQ(parse_changed("stop").error().context,
            "changed: 'stop' is none of keep, again and ask");
}

}  // namespace
}  // namespace drover::scheduler
