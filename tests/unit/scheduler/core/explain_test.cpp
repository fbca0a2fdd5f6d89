#include "scheduler/core/explain.hpp"

#include <gmock/gmock.h>

#include "scheduler/core/explain_text.hpp"
#include "scheduler/core/live_view.hpp"
#include "tests/unit/scheduler/core_driver.hpp"

namespace drover::scheduler {
namespace {

using ::testing::AllOf;
using testing::Driver;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

const RunId run_1 = testing::run_id(1);
const RunId run_2 = testing::run_id(2);
const StepRef looks{run_1, 0};
const AgentId agent_1 = testing::agent_id(1);

Wording wording() {
  return Wording{"image", [](const RunId& run) { return to_string(run).substr(0, 4); }};
}

std::vector<std::string> texts(const std::vector<WhyWaiting>& reasons) {
  std::vector<std::string> all;
  all.reserve(reasons.size());
  for (const auto& reason : reasons) all.push_back(text_of(reason, wording()));
  return all;
}
std::vector<std::string> step_texts(const Driver& driver, const StepRef& step = looks) {
  return texts(explain(driver.state, step, driver.now).reasons);
}
std::vector<std::string> item_texts(const Driver& driver, ItemIndex item) {
  return texts(explain_item(driver.state, looks, item, driver.now).reasons);
}
ItemStatus state_of(const Driver& driver, ItemIndex item) {
  return explain_item(driver.state, looks, item, driver.now).state.value();
}

TEST(Explain, WithoutAnAgentItSaysThatNoneIsConnected) {
  Driver driver;
  driver.submit(run_1, testing::one_map(10));
  EXPECT_THAT(step_texts(driver), ElementsAre("no agent is connected"));
  EXPECT_THAT(item_texts(driver, 3), ElementsAre("no agent is connected"));
  EXPECT_EQ(explain(driver.state, looks, driver.now).waiting, 10U);
}

TEST(Explain, AnAgentWhoseSlotsAreAllOutOfServiceIsNotTakenForNone) {
  Driver driver;
  driver.join(1, 0, {testing::item_task});
  driver.submit(run_1, testing::one_map(10));
  EXPECT_THAT(step_texts(driver), ElementsAre("no slot is in service now"));
  EXPECT_THAT(hint_of(explain(driver.state, looks, driver.now).reasons[0]),
              HasSubstr("drover agents"));
}

TEST(Explain, ATaskThatWasBuiltAnewSaysHowToGoOn) {
  Driver driver;
  driver.join(1, 1, {"look(image: uri) -> str"});
  RunSpec spec;
  spec.file = "looking.yaml";
  spec.inputs = {{"images", "my photos"}};
  driver.submit(run_1, testing::one_map(10), spec);
  const auto reasons = explain(driver.state, looks, driver.now).reasons;
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_THAT(hint_of(reasons[0]),
              AllOf(HasSubstr("built anew after this run was submitted"),
                    HasSubstr(":  drover run looking.yaml -i 'images=my photos'")));
}

TEST(Explain, AStepNamesTheStepsItWaitsFor) {
  Driver driver;
  driver.submit(run_1, testing::three_steps());
  EXPECT_THAT(step_texts(driver, {run_1, 2}), ElementsAre("waits for 'looks'"));
}

TEST(Explain, ATaskThatNobodyOffersIsNamedWithWhoHadIt) {
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.pass(4s);  // lost
  driver.join(2, 2, {testing::list_task});
  driver.submit(run_1, testing::one_map(3));
  EXPECT_THAT(step_texts(driver),
              ElementsAre("no agent offers look (last seen on host-1, which is away)"));
}

TEST(Explain, SlotsThatCannotAreCountedByReasonAndTheBusyOnesByTheirWork) {
  StepOptions options;
  options.resources.gpu = 1;
  Driver driver;
  driver.join(1, 12, {testing::item_task});
  driver.join(2, 2, {testing::item_task}, [](wire::Hello& hello) {
    for (auto& slot : hello.slots) slot.gpu = 1;
  });
  driver.submit(run_1, testing::one_map(100, options));
  const auto found = explain(driver.state, looks, driver.now);
  EXPECT_EQ(found.slots, 14U);
  EXPECT_EQ(found.usable, 2U);
  EXPECT_EQ(found.running, 2U);
  EXPECT_EQ(found.waiting, 98U);
  EXPECT_THAT(texts(found.reasons),
              ElementsAre("12 slots cannot run it: no GPU, the step needs gpu: 1",
                          "2 slots can run it and are busy: 2 with 0101 looks"));
  EXPECT_EQ(hint_of(found.reasons[0]), "to allow CPUs too:  resources: {gpu: preferred}");
  EXPECT_EQ(code_of(found.reasons[0]), "no_gpu");
}

TEST(Explain, AStepThatNoSlotCouldRunIsToldBeforeItsRunIsThere) {
  StepOptions options;
  options.resources.gpu = 1;
  Driver driver;
  const auto plan = std::make_shared<const Plan>(testing::one_map(3, options));
  const auto why = [&] { return texts(why_nowhere(driver.state, plan, 0, driver.now)); };
  EXPECT_THAT(why(), ElementsAre("no agent is connected"));
  driver.join(1, 2, {testing::list_task});
  EXPECT_THAT(why(), ElementsAre("no agent offers look"));
  driver.join(2, 2, {testing::item_task});
  EXPECT_THAT(why(), ElementsAre("2 slots cannot run it: their agents do not offer look",
                                 "2 slots cannot run it: no GPU, the step needs gpu: 1"));
  driver.join(3, 1, {testing::item_task}, [](wire::Hello& hello) { hello.slots.front().gpu = 1; });
  EXPECT_THAT(why(), IsEmpty());
}

TEST(Explain, EveryWayNotToFitHasItsOwnWords) {
  const auto why = [](const StepOptions& options, const std::string& offered) {
    Driver driver;
    driver.join(1, 1, {offered});
    driver.submit(run_1, testing::one_map(3, options));
    return step_texts(driver);
  };
  StepOptions cores;
  cores.resources.cpu = 4;
  StepOptions memory;
  memory.resources.memory = 2_GiB;
  StepOptions labels;
  labels.where = {{"site", "b"}};
  EXPECT_THAT(why(cores, testing::item_task),
              ElementsAre("1 slot cannot run it: too few cores, the step needs cpu: 4"));
  EXPECT_THAT(why(memory, testing::item_task),
              ElementsAre("1 slot cannot run it: too little memory, the step needs 2.0 GiB"));
  EXPECT_THAT(why(labels, testing::item_task),
              ElementsAre("1 slot cannot run it: their agents do not have the labels {site: b}"));
  EXPECT_THAT(why({}, "look(image: uri) -> str"),
              ElementsAre(HasSubstr("takes or returns other types")));
}

TEST(Explain, ALimitOfSlotsIsSaidWithTheWayOut) {
  StepOptions options;
  options.concurrency = 1;
  Driver driver;
  driver.join(1, 3, {testing::item_task});
  driver.submit(run_1, testing::one_map(5, options));
  EXPECT_THAT(step_texts(driver), ElementsAre("the step is limited to 1 slot, and uses it"));
  EXPECT_THAT(unexplained(driver.state, driver.now), IsEmpty());
}

TEST(Explain, AFullDiskStopsEverything) {
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.happen(StoreFull{});
  driver.submit(run_1, testing::one_map(5));
  EXPECT_THAT(step_texts(driver),
              ElementsAre("the scheduler's disk is full, so nothing new is started"));
}

TEST(Explain, ARunningItemIsOnASlotAndSaysWhetherItExecutes) {
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(run_1, testing::one_map(2));
  auto item = explain_item(driver.state, looks, 0, driver.now);
  EXPECT_EQ(item.state, ItemStatus::Running);
  EXPECT_EQ(item.agent, "host-1");
  EXPECT_FALSE(item.executing);

  driver.heartbeat(agent_1, {{0, driver.lease_of(looks), {0, 1}, 0}});
  EXPECT_TRUE(explain_item(driver.state, looks, 0, driver.now).executing);

  driver.now += 2s;
  EXPECT_EQ(explain_item(driver.state, looks, 0, driver.now).silent, Duration(2s));
  EXPECT_THAT(item_texts(driver, 1), ElementsAre("1 slot cannot run it: host-1 is silent"));
}

TEST(Explain, AnItemBehindOthersOfItsSlotIsNextThere) {
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(run_1, testing::one_map(40));
  driver.finish(driver.lease_of(looks));  // now it is known that items are short
  ASSERT_EQ(driver.state.leases.size(), 2U);
  const Lease& second = driver.state.leases.rbegin()->second;
  const ItemIndex item = second.items.front().first;
  EXPECT_EQ(state_of(driver, item), ItemStatus::Waiting);
  EXPECT_THAT(item_texts(driver, item), ElementsAre(HasSubstr("queued on host-1 slot 0, after")));
}

TEST(Explain, WhatASlotHasAndHasNotBegunWaits) {
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(run_1, testing::one_map(40));
  driver.finish(driver.lease_of(looks), 0.05F);  // The slot gets four at once, and four more.
  const LeaseId lease = driver.lease_of(looks);
  ASSERT_EQ(driver.state.leases.at(lease).items.size(), 4U);
  EXPECT_EQ(explain(driver.state, looks, driver.now).running, 1U);
  EXPECT_EQ(explain(driver.state, looks, driver.now).waiting, 38U);
  EXPECT_EQ(state_of(driver, 1), ItemStatus::Running);  // The first of them, until the agent says.
  EXPECT_EQ(state_of(driver, 3), ItemStatus::Waiting);
  EXPECT_THAT(item_texts(driver, 3), ElementsAre("queued on host-1 slot 0, after 2 images"));

  driver.heartbeat(agent_1, {{0, lease, {3, 4}, 2}});
  EXPECT_EQ(state_of(driver, 3), ItemStatus::Running);
  EXPECT_EQ(explain(driver.state, looks, driver.now).running, 1U);

  for (int i = 0; i < 3; ++i) driver.finish_first(lease, 0.05F);  // What it said is over.
  EXPECT_EQ(state_of(driver, 4), ItemStatus::Running);
  EXPECT_EQ(explain(driver.state, looks, driver.now).running, 1U);
}

TEST(Explain, ACallOfSeveralItemsRunsThemAll) {
  StepOptions options;
  options.batch = 3;
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(run_1, testing::one_map(40, options));
  EXPECT_EQ(explain(driver.state, looks, driver.now).running, 3U);
  EXPECT_EQ(explain(driver.state, looks, driver.now).waiting, 37U);
}

TEST(Explain, ARetryWaitsForItsFailureToBeWrittenThenForItsPause) {
  StepOptions options;
  options.retries.user_error = 3;
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(run_1, testing::one_map(1, options));
  driver.commits = false;
  driver.fail_first(driver.lease_of(looks), "no such file");
  EXPECT_EQ(state_of(driver, 0), ItemStatus::Retrying);
  EXPECT_THAT(item_texts(driver, 0), ElementsAre("starts once the last failure is on disk"));

  driver.commits = true;
  driver.commit();  // the first retry comes at once
  EXPECT_EQ(state_of(driver, 0), ItemStatus::Running);
  EXPECT_EQ(explain_item(driver.state, looks, 0, driver.now).attempt, 2U);

  driver.fail_first(driver.lease_of(looks), "no such file");
  EXPECT_EQ(state_of(driver, 0), ItemStatus::Retrying);
  EXPECT_THAT(item_texts(driver, 0), ElementsAre(HasSubstr("starts in 0.")));
  EXPECT_THAT(step_texts(driver), ElementsAre(HasSubstr("starts in 0.")));
}

TEST(Explain, AfterARestartItemsWaitForTheAgentsThatMayHoldThem) {
  Stored stored;
  stored.epoch = 8;
  stored.agents = {{agent_1, 1, "host-1"}};
  StoredRun run;
  run.run = run_1;
  run.spec = std::make_shared<RunSpec>();
  run.steps.resize(1);
  run.steps[0].state = StepState::Running;
  run.steps[0].opening = OpeningId{7, 1};
  run.steps[0].count = 4;
  stored.runs = {run};
  Driver driver;
  driver.state =
      recover(stored, {{run_1, std::make_shared<Plan>(testing::one_map(4))}}, driver.now, 1);
  driver.happen(Started{});
  EXPECT_THAT(step_texts(driver),
              ElementsAre("waits for host-1 to come back after the restart, 30 s at most",
                          HasSubstr("no agent")));
}

TEST(Explain, WhatEndedIsDoneFailedOrSkipped) {
  StepOptions options;
  options.allow_failed.count = 1;
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(run_1, testing::one_map(3, options));
  driver.fail_first(driver.lease_of(looks), "not a JPEG file");
  EXPECT_EQ(state_of(driver, 0), ItemStatus::Failed);
  driver.finish(driver.lease_of(looks));
  EXPECT_EQ(state_of(driver, 1), ItemStatus::Done);
}

TEST(Explain, TheWordsOfTheCoreStayInside) {
  const std::vector<WhyWaiting> all{StepsBefore{{"a", "b"}, true},
                                    SeeksReuse{run_1},
                                    AgentsToReturn{{"host-1"}, 20s},
                                    StorageFull{},
                                    TooManyRetrying{65536},
                                    ConcurrencyReached{2},
                                    NoSlots{},
                                    TaskNotOffered{"look", {}, {}},
                                    SlotsCannot{Unfit::NotConnected, 2, "host-1", ""},
                                    SlotsBusy{2, {{run_1, "looks", 2}}},
                                    NextInSlot{"host-1", 0, 7},
                                    BacksOff{1500ms},
                                    FailureNotWritten{},
                                    FailedThere{1500ms},
                                    Ready{}};
  static_assert(std::variant_size_v<WhyWaiting> == 15);
  for (const auto& reason : all) {
    const std::string text = text_of(reason, wording()) + " " + hint_of(reason);
    EXPECT_THAT(text, AllOf(Not(HasSubstr("lease")), Not(HasSubstr("segment")),
                            Not(HasSubstr("fence")), Not(HasSubstr("catalogue"))));
    EXPECT_THAT(text_of(reason, wording()), Not(IsEmpty()));
    EXPECT_THAT(code_of(reason), Not(IsEmpty()));
  }
  EXPECT_EQ(texts({TooManyRetrying{65536}})[0],
            "65,536 images are retrying; nothing new is started until some of them end");
}

TEST(LiveView, IsTheStateWithoutWhatIsHeldBack) {
  Driver driver;
  driver.commits = false;
  driver.submit(run_1, testing::one_map(3));
  ASSERT_FALSE(driver.state.held.empty());
  const LiveView view = live_view(driver.state, driver.now);
  EXPECT_TRUE(view.state.held.empty());
  EXPECT_EQ(view.state.runs.at(run_1).steps[0].free.size(), 3U);
  EXPECT_EQ(view.now, driver.now);
}

}  // namespace
}  // namespace drover::scheduler
