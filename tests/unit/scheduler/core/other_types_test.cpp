#include "scheduler/core/other_types.hpp"

#include <gmock/gmock.h>

#include "tests/unit/scheduler/core_driver.hpp"

namespace drover::scheduler {
namespace {

using ::testing::AllOf;
using testing::Driver;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const RunId run_1 = testing::run_id(1);
const StepRef looks{run_1, 0};
const AgentId agent_1 = testing::agent_id(1);
constexpr const char* other_task = "look(image: uri) -> str";

class OtherTypes : public ::testing::Test {
 protected:
  OtherTypes() {
    driver_.keep = [this](const std::vector<Save>& saves) {
      for (const Save& save : saves) {
        if (const auto* ended = std::get_if<SaveRunEnded>(&save.what)) ended_ = *ended;
      }
    };
    RunSpec spec;
    spec.file = "looking.yaml";
    spec.inputs = {{"images", "my photos"}, {"--allow-failed", "3"}};
    driver_.join(1, 1, {testing::item_task});
    driver_.submit(run_1, testing::one_map(4), spec);
  }

  /// Time in which the agents that are here are heard.
  void pass(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      driver_.now += 1s;
      for (const auto& [id, agent] : std::map(driver_.state.agents)) {
        if (agent.session) driver_.heartbeat(id);
      }
      driver_.happen(TimeDue{});
      ASSERT_THAT(broken_invariants(driver_.state), IsEmpty());
    }
  }

  Driver driver_;
  std::optional<SaveRunEnded> ended_;
};

TEST_F(OtherTypes, FailAStepAfterAWhileWithWhatTheyWereAndTheWayOut) {
  driver_.finish(driver_.lease_of(looks));
  driver_.join(1, 1, {other_task});
  pass(59s);
  EXPECT_FALSE(ended_);
  pass(2s);
  ASSERT_TRUE(ended_);
  EXPECT_EQ(ended_->state, RunState::Failed);
  EXPECT_THAT(
      ended_->reason,
      AllOf(HasSubstr("step 'looks'"),
            HasSubstr("then look(image: uri) -> int, now look(image: uri) -> str"),
            HasSubstr("(drover run looking.yaml -i 'images=my photos')"), HasSubstr("rerun")));
}

TEST_F(OtherTypes, FailNothingWhereTheTaskComesBackAsItWas) {
  driver_.join(1, 1, {other_task});
  pass(40s);
  driver_.join(1, 1, {testing::item_task});
  pass(1s);
  driver_.join(1, 1, {other_task});
  pass(40s);
  EXPECT_FALSE(ended_);
}

TEST_F(OtherTypes, FailNothingWhileItemsStillRun) {
  const LeaseId lease = driver_.lease_of(looks);
  driver_.join(1, 1, {other_task}, [&](wire::Hello& hello) {
    const SendGrant& grant = driver_.grants.at(lease);
    hello.report = {{lease, grant.opening, run_1, 0, 0, {Range{0, 1}}, {}}};
  });
  pass(120s);
  EXPECT_FALSE(ended_);
  driver_.finish(lease);
  pass(62s);
  EXPECT_TRUE(ended_);
}

TEST_F(OtherTypes, FailNothingWhileNobodyOffersTheTask) {
  driver_.join(1, 1, {testing::list_task});
  pass(120s);
  EXPECT_FALSE(ended_);
}

TEST_F(OtherTypes, FailNothingWhileAnAgentThatHasTheTaskAsItWasMayComeBack) {
  driver_.happen(SessionClosed{agent_1, driver_.session(agent_1), "the machine restarts"});
  driver_.join(2, 1, {other_task});
  pass(5min);
  EXPECT_FALSE(ended_);
  pass(7min);
  EXPECT_TRUE(ended_);
}

TEST_F(OtherTypes, AreThoseOfAStructToo) {
  const Signature then = testing::signature("find(a: int) -> Box\nBox: {x: int}");
  State state;
  state.catalogue["find"] = testing::signature("find(a: int) -> Box\nBox: {x: float}");
  EXPECT_EQ(then_and_now(state, then), "then Box: {x: int}, now Box: {x: float}");
}

}  // namespace
}  // namespace drover::scheduler
