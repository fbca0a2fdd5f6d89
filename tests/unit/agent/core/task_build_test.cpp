#include "agent/core/task_build.hpp"

#include <gmock/gmock.h>

#include "agent/core/slots.hpp"
#include "tests/support/agent_bench.hpp"

/// Tasks are built anew while an agent works.
namespace drover::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

const std::string then = "look(image: uri) -> int";
const std::string now = "look(image: uri) -> str";
const std::string other = "count(value: int) -> int";

std::string hash_of(const std::string& task) {
  return agent::versions_of({task}).begin()->second.signature;
}

class TaskBuilds : public ::testing::Test {
 protected:
  TaskBuilds() : bench_(2) {
    bench_.step(agent::Started{});
    ready(0, then);
    ready(1, then);
    bench_.welcome();
  }
  std::vector<std::string> ready(std::uint32_t slot, const std::string& look) {
    return bench_.step(agent::WorkerReady{slot, {other, look}, {}, {"", files_}});
  }
  /// `look` alone: `other` comes from a file that stays.
  std::vector<std::string> built(const std::string& look) {
    files_ += "'";
    bench_.step(agent::TasksTouched{});
    auto effects = bench_.step(agent::TasksBuilt{{other, look}, {}, {"", files_}});
    const auto more = bench_.welcome();
    effects.insert(effects.end(), more.begin(), more.end());
    return effects;
  }
  std::vector<std::string> grant(std::uint64_t lease, std::uint8_t run, const std::string& task,
                                 std::uint32_t slot = 0) {
    wire::Grant grant;
    grant.lease = LeaseId{7, lease};
    grant.run = run_id(run);
    grant.task = task.substr(0, task.find('('));
    grant.signature = hash_of(task);
    grant.slot = slot;
    grant.items = {lease * 10, lease * 10 + 1};
    return bench_.from_scheduler(grant);
  }
  std::vector<std::string> done(std::uint64_t lease, std::uint32_t slot = 0) {
    bench_.results(LeaseId{7, lease}, {lease * 10, lease * 10 + 1}, slot);
    return bench_.ended(LeaseId{7, lease}, slot);
  }
  wire::Hello last_hello() const {
    for (const auto& effect : bench_.effects) {
      if (const auto* open = std::get_if<agent::OpenSession>(&effect)) return open->hello;
    }
    ADD_FAILURE() << "no Hello";
    return {};
  }

  AgentBench bench_;
  std::string files_ = "first";
};

TEST_F(TaskBuilds, AreSaidAtOnceAndWhatTheyAreOnceTheyAreDone) {
  grant(1, 1, then);
  bench_.step(agent::TasksTouched{});
  EXPECT_TRUE(last_hello().tasks_change);
  EXPECT_THAT(bench_.step(agent::TasksTouched{}), IsEmpty());
  bench_.welcome();
  bench_.step(agent::TasksBuilt{{other, now}, {"a note"}});
  const auto hello = last_hello();
  EXPECT_FALSE(hello.tasks_change);
  EXPECT_THAT(hello.tasks, ElementsAre(other, now));
  EXPECT_THAT(hello.notes, ElementsAre("a note"));
  ASSERT_EQ(hello.slots.size(), 2U);
  EXPECT_THAT(hello.slots[0].older_tasks, ElementsAre(Pair("look", hash_of(then))));
  EXPECT_THAT(hello.report,
              ElementsAre(::testing::Field(&wire::LeaseReport::held, ElementsAre(Range{10, 11}))));
}

TEST_F(TaskBuilds, LeaveARunThatGoesOnWithWhatItsWorkersHaveLoaded) {
  grant(1, 1, then);
  built(now);
  EXPECT_THAT(done(1), IsEmpty());
  EXPECT_THAT(grant(2, 1, then), ElementsAre("run 7.2 on 0"));
  done(2);
  EXPECT_THAT(grant(3, 1, other), ElementsAre("run 7.3 on 0"));
}

TEST_F(TaskBuilds, AreLoadedForALeaseThatNeedsThem) {
  grant(1, 1, then);
  done(1);
  built(now);
  EXPECT_THAT(grant(2, 2, now), ElementsAre("reload worker 0", HasSubstr("open: hello")));
  EXPECT_THAT(last_hello().slots[0].older_tasks, IsEmpty());
  EXPECT_THAT(last_hello().slots[1].older_tasks, ElementsAre(Pair("look", hash_of(then))));
  agent::WorkerDied left{0, {}, Cause::Crash, "it was ended", 0, true};
  EXPECT_THAT(bench_.step(left), ElementsAre("start worker 0"));
  EXPECT_THAT(ready(0, now), ElementsAre("run 7.2 on 0"));
  bench_.welcome();
  done(2);
  EXPECT_THAT(grant(3, 2, now), ElementsAre("run 7.3 on 0")) << "it has loaded them";
}

TEST_F(TaskBuilds, OfTheSameTypesAreUsedByTheNextRun) {
  grant(1, 1, then);
  done(1);
  built(then);
  EXPECT_THAT(grant(2, 1, then), ElementsAre("run 7.2 on 0"));
  done(2);
  EXPECT_THAT(grant(3, 2, then), Contains("reload worker 0"));
}

TEST_F(TaskBuilds, AreNotLoadedForATaskThatTheyHaveAsItWas) {
  grant(1, 1, then);
  done(1);
  built(now);
  EXPECT_THAT(grant(2, 2, other), ElementsAre("run 7.2 on 0")) << "its file did not change";
  done(2);
  EXPECT_THAT(agent::offers(bench_.state)[0].older_tasks, ElementsAre(Pair("look", hash_of(then))));
  EXPECT_THAT(grant(3, 2, now), Contains("reload worker 0"));
}

TEST_F(TaskBuilds, ARunThatUsesWhatDidNotChangeIsOlderThanTheNextBuildOnly) {
  built(then);
  grant(1, 2, then, 1);
  bench_.step(agent::WorkerDied{1, {}, Cause::Crash, "it was ended", 0, true});
  ready(1, then);
  bench_.welcome();
  EXPECT_THAT(grant(2, 2, other), ElementsAre("run 7.2 on 0"));
  done(2);
  files_ += "'";
  bench_.step(agent::TasksBuilt{{other, then}, {}, {"changed too", files_}});
  bench_.welcome();
  EXPECT_THAT(grant(3, 2, other), ElementsAre("run 7.3 on 0")) << "it came before this one";
  done(3);
  EXPECT_THAT(grant(4, 2, then), Contains("reload worker 0")) << "and after that of 'look'";
}

TEST_F(TaskBuilds, OfTheSameTypesAreSaidOfSlotsThatHaveThemAsTheyWere) {
  built(then);
  EXPECT_THAT(agent::offers(bench_.state)[0].older_tasks, ElementsAre(Pair("look", hash_of(then))));
}

TEST_F(TaskBuilds, ALeaseOfARunThatWasMadeBeforeIsRunByASlotThatHasTheTaskAsItWas) {
  built(now);
  EXPECT_THAT(grant(1, 9, then), ElementsAre("run 7.1 on 0"));
}

TEST_F(TaskBuilds, ASlotThatHasLoadedThemGivesBackWhatNeedsThemAsTheyWere) {
  built(now);
  grant(1, 2, now);
  bench_.welcome();
  bench_.step(agent::WorkerDied{0, {}, Cause::Crash, "it was ended", 0, true});
  ready(0, now);
  done(1);
  EXPECT_THAT(grant(2, 1, then), ElementsAre("send call failed 7.2 crash rest [20,21)"));
}

TEST_F(TaskBuilds, AWorkerThatDiesComesBackWithThemAndTheSchedulerIsTold) {
  grant(1, 1, then);
  built(now);
  EXPECT_THAT(bench_.died({10, 11}), Contains(HasSubstr("open: hello")));
  EXPECT_THAT(last_hello().slots[0].older_tasks, IsEmpty());
}

TEST_F(TaskBuilds, AWorkerThatWasStartedBeforeMayHaveThemAsTheyWere) {
  bench_.died({});
  built(now);
  EXPECT_THAT(ready(0, then), Contains(HasSubstr("open: hello")));
  EXPECT_THAT(last_hello().tasks, ElementsAre(other, now));
  EXPECT_THAT(last_hello().slots[0].older_tasks, ElementsAre(Pair("look", hash_of(then))));
}

TEST_F(TaskBuilds, AWorkerThatDoesNotHaveTheTaskAnyMoreGivesBackWhatItWasGranted) {
  grant(1, 1, then);
  grant(2, 1, then);
  bench_.step(agent::TasksBuilt{{}, {"libmine.so not loaded"}});
  bench_.welcome();
  bench_.died({10, 11});
  bench_.welcome();
  EXPECT_THAT(bench_.step(agent::WorkerReady{0, {}, {}}),
              Contains("send call failed 7.2 crash rest [20,21)"));
}

TEST_F(TaskBuilds, ThatAWorkerFindsBeforeAnybodyTellsAreABuildOfTheirOwn) {
  bench_.died({});
  ready(0, now);
  const auto hello = last_hello();
  EXPECT_THAT(hello.tasks, ElementsAre(other, now));
  EXPECT_THAT(hello.slots[0].older_tasks, IsEmpty());
  EXPECT_THAT(hello.slots[1].older_tasks, ElementsAre(Pair("look", hash_of(then))));
}

TEST_F(TaskBuilds, BringBackSlotsThatAreOff) {
  for (int i = 0; i < 5; ++i) {
    bench_.died({});
    if (i < 4) ready(0, then);
  }
  bench_.welcome();
  ASSERT_TRUE(bench_.state.slots.at(0).on_again);
  bench_.step(agent::TasksTouched{});
  bench_.welcome();
  EXPECT_THAT(bench_.step(agent::TasksBuilt{{other, now}, {}}), Contains("start worker 0"));
}

TEST_F(TaskBuilds, ThatDoNotLoadAreNotOffered) {
  bench_.step(agent::TasksBuilt{{}, {"no tasks loaded"}});
  EXPECT_THAT(last_hello().tasks, IsEmpty());
  EXPECT_EQ(last_hello().slots[0].older_tasks.size(), 2U);
}

TEST(TaskBuild, ForgetsRunsInTheEnd) {
  agent::TaskBuild build;
  for (int i = 0; i < 1000; ++i) {
    RunId run{};
    run.bytes[0] = static_cast<std::uint8_t>(i % 256);
    run.bytes[1] = static_cast<std::uint8_t>(i / 256);
    agent::note_run(build, run);
  }
  EXPECT_EQ(build.runs.size(), agent::max_runs_known);
  EXPECT_EQ(build.runs_by_age.size(), agent::max_runs_known);
}

}  // namespace
}  // namespace drover::testing
