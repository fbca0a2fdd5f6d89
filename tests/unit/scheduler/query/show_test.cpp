#include "tests/unit/scheduler/query/query_test.hpp"

namespace drover::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace testing;
using namespace std::chrono_literals;

const RunId run_1 = run_id(1);
const std::vector<std::string> five_keys{"/in/a.jpg", "/in/b.jpg", "/in/c.jpg", "/in/d.jpg",
                                         "/in/e.jpg"};

class ShowTest : public QueryTest {
 protected:
  wire::RunStatus show(const std::string& run = "last") {
    return ask<wire::RunStatus>(wire::ShowRun{run});
  }
};

TEST_F(ShowTest, ARunThatWaitsSaysForWhat) {
  join();
  driver_.happen(GoodbyeReceived{agent_id(1), driver_.session(agent_id(1)), {"down"}});
  submit(run_1);
  const wire::RunStatus status = show();
  EXPECT_EQ(status.run, run_1);
  EXPECT_EQ(status.short_id, "0101");
  EXPECT_EQ(status.name, "looking");
  EXPECT_EQ(status.state, "running");
  EXPECT_EQ(status.item_word, "image");
  EXPECT_EQ(status.results, "/home/ada/results/01010101");
  EXPECT_EQ(status.submitted_by, "ada@desk");
  EXPECT_THAT(status.outputs, ElementsAre("summary"));
  ASSERT_THAT(status.steps, SizeIs(3));
  EXPECT_EQ(status.steps[0].state, "running");
  EXPECT_EQ(status.steps[0].reason, "no agent is connected");
  EXPECT_EQ(status.steps[0].task, "names");
  EXPECT_FALSE(status.steps[0].map);
  EXPECT_EQ(status.steps[0].waiting, 1U);
  EXPECT_EQ(status.steps[1].state, "waiting");
  EXPECT_EQ(status.steps[1].total, std::nullopt);
  EXPECT_THAT(status.steps[1].waits_for, ElementsAre("listing"));
  EXPECT_EQ(status.steps[1].reason, "waits for 'listing'");
}

TEST_F(ShowTest, ARunningStepCountsItsItemsByState) {
  join();
  list(run_1, five_keys);
  driver_.fail_first(driver_.lease_of({run_1, 1}), "not a JPEG file");
  driver_.now += 4s;
  driver_.finish(driver_.lease_of({run_1, 1}), 2.0F);
  driver_.now += 3s;
  wall_ += 3100;
  const wire::RunStatus status = show();
  const wire::StepStatus& looks = status.steps[1];
  EXPECT_EQ(looks.state, "running");
  EXPECT_EQ(looks.reason, "");
  EXPECT_EQ(looks.total, 5U);
  EXPECT_EQ(looks.done, 1U);
  EXPECT_EQ(looks.failed, 1U);
  EXPECT_EQ(looks.running, 1U);
  EXPECT_EQ(looks.waiting, 2U);
  EXPECT_EQ(looks.slots_in_use, 1U);
  EXPECT_EQ(looks.allow_failed, "40%");
  EXPECT_EQ(looks.allowed_failed, 2U);
  EXPECT_DOUBLE_EQ(looks.seconds, 7.0);
  EXPECT_NEAR(looks.item_seconds, 2.2, 1e-6);
  EXPECT_DOUBLE_EQ(looks.slot_seconds, 4.0) << "up to the newest result";
  EXPECT_EQ(status.steps[0].state, "succeeded");
  EXPECT_EQ(status.steps[0].list_size, 5U);
  EXPECT_DOUBLE_EQ(status.seconds, 3.1);
  EXPECT_EQ(status.slots_total, 1U);
  EXPECT_EQ(status.slots_busy, 1U);
  ASSERT_THAT(status.failures, SizeIs(1));
  EXPECT_EQ(status.failures[0].step, "looks");
  EXPECT_EQ(status.failures[0].cause, "user_error");
  EXPECT_EQ(status.failures[0].text, "not a JPEG file");
  EXPECT_EQ(status.failures[0].example_key, "/in/a.jpg");
}

TEST_F(ShowTest, AnEndedRunIsToldFromTheStore) {
  join();
  list(run_1, five_keys);
  wall_ += 2000;
  driver_.now += 2s;
  run_to_end(run_1, {1, 3});
  wall_ += 60'000;
  const wire::RunStatus status = show();
  EXPECT_EQ(status.state, "succeeded");
  EXPECT_DOUBLE_EQ(status.seconds, 2.0);
  EXPECT_EQ(status.ended_ms, wall_ - 60'000);
  EXPECT_EQ(status.steps[1].done, 3U);
  EXPECT_EQ(status.steps[1].failed, 2U);
  EXPECT_EQ(status.steps[1].waiting, 0U);
  EXPECT_TRUE(status.steps[1].map);
  EXPECT_NEAR(status.steps[1].item_seconds, 0.7, 1e-6);
  EXPECT_DOUBLE_EQ(status.steps[1].slot_seconds, 2.0);
  EXPECT_EQ(status.failures[0].count, 2U);  // the same but for a number
  EXPECT_EQ(status.item_word, "image");
  EXPECT_EQ(ask<wire::RunStatus>(wire::Wait{"last", 5}), status);
}

TEST_F(ShowTest, AGroupOfFailuresIsNotToldAsOneItems) {
  join();
  list(run_1, five_keys);
  run_to_end_with(run_1, {{0, "cannot read /in/a.jpg: no such file"},
                          {1, "cannot read /in/b.jpg: no such file"}});
  const wire::RunStatus status = show();
  ASSERT_THAT(status.failures, SizeIs(1));
  EXPECT_EQ(status.failures[0].text, "cannot read … no such file");
  const auto told = ask<wire::Explanation>(wire::Explain{"last", "looks", std::nullopt});
  EXPECT_EQ(told.reasons.at(0).text, "cannot read … no such file");
}

TEST_F(ShowTest, AFailureThatIsAloneIsToldWhole) {
  join();
  list(run_1, five_keys);
  run_to_end_with(run_1, {{0, "cannot read /in/a.jpg: no such file"}});
  EXPECT_EQ(show().failures.at(0).text, "cannot read /in/a.jpg: no such file");
}

TEST_F(ShowTest, AFailedRunSaysWhichStepFailedAndWhatDidNotRun) {
  join();
  list(run_1, five_keys);
  run_to_end(run_1, {0, 1, 2});
  const wire::RunStatus status = show();
  EXPECT_EQ(status.state, "failed");
  EXPECT_EQ(status.reason, "step 'looks': 3 of 5 images failed, allowed 40 % (2)");
  EXPECT_EQ(status.steps[1].state, "failed");
  EXPECT_EQ(status.steps[2].state, "cancelled");
}

TEST_F(ShowTest, AStepThatRunsOnceFailsWithItsReason) {
  join();
  submit(run_1);
  driver_.fail_first(driver_.lease_of({run_1, 0}), "/data/x does not exist on host-1\nmore");
  const wire::RunStatus status = show();
  EXPECT_EQ(status.reason, "step 'listing': /data/x does not exist on host-1");
  EXPECT_EQ(status.steps[0].reason, "/data/x does not exist on host-1");
}

TEST_F(ShowTest, AListThatIsEmptySaysWhatItWasMadeFrom) {
  join();
  list(run_1, {});
  EXPECT_EQ(show().state, "running");
  EXPECT_EQ(show().steps[0].reason, "names gave an empty list for count 3");
  EXPECT_EQ(show().steps[1].reason, "");
  run_to_end(run_1);
  EXPECT_EQ(show().state, "succeeded");
  EXPECT_EQ(show().steps[0].reason, "names gave an empty list for count 3");

  driver_.join(2, 1, {"found(prefix: uri, suffixes: list[str]?, after: str?) -> list[uri]"});
  submit(run_id(2), R"(workflow: finding
steps:
  listing:
    task: found
    with: {prefix: /in, suffixes: [.jpg, .png]}
)");
  driver_.finish_list(driver_.lease_of({run_id(2), 0}), {});
  EXPECT_EQ(show().steps[0].reason,
            "found gave an empty list for prefix /in, suffixes .jpg and .png");
}

TEST_F(ShowTest, ALostAgentIsAnEventOfTheRun) {
  join();
  list(run_1, five_keys);
  driver_.pass(4s);
  const wire::RunStatus status = show();
  ASSERT_THAT(status.events, SizeIs(1));
  EXPECT_EQ(status.events[0].text, "host-1 silent for 4 s, its 1 image waits for a machine");
  EXPECT_EQ(status.events[0].at_ms, wall_);
  EXPECT_EQ(status.slots_total, 0U);
}

TEST_F(ShowTest, ManyDeathsOfWorkersAreToldOneByOneThenByTheirNumberAndInAllAtTheEnd) {
  join();
  std::string keys;
  for (int i = 0; i < 260; ++i) keys += fmt::format("/in/{}.jpg, ", i);
  submit(run_1, fmt::format("workflow: killing\nitem: image\nsteps:\n  looks:\n    task: look\n"
                            "    each: {{image: [{}/in/last.jpg]}}\n    retries: 0\n"
                            "    allow_failed: 100%\n    canary: false\n",
                            keys));
  const auto die = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const Lease& lease = driver_.state.leases.begin()->second;
      driver_.happen(CallFailedReceived{
          lease.agent,
          driver_.session(lease.agent),
          {lease.id, lease.items.front(), {}, Cause::Crash, "worker died of SIGKILL", 0.1F}});
    }
  };
  die(150);
  EXPECT_EQ(show().events.back().text, "host-1 slot 0, image 99: worker died of SIGKILL");
  restart();
  join();
  die(50);
  EXPECT_EQ(show().events.back().text,
            "host-1 slot 0, image 199: worker died of SIGKILL (number 200 of 'looks': crash; not "
            "each is told)");
  die(61);
  const wire::RunStatus end = show();
  EXPECT_EQ(end.state, "succeeded");
  EXPECT_EQ(end.events.back().text, "261 workers of 'looks' died in all: 261 crash");
}

TEST_F(ShowTest, AfterARestartTheRunIsTheSame) {
  join();
  list(run_1, five_keys);
  driver_.finish(driver_.lease_of({run_1, 1}));
  const wire::RunStatus before = show();
  restart();
  const wire::RunStatus after = show();
  EXPECT_EQ(after.steps[1].done, before.steps[1].done);
  EXPECT_EQ(after.steps[1].total, before.steps[1].total);
  EXPECT_EQ(after.steps[1].reason, "waits for host-1 to come back after the restart, 30 s at most");
  join();
  run_to_end(run_1);
  EXPECT_EQ(show().state, "succeeded");
}

TEST_F(ShowTest, WithoutAViewTheStoreAnswersAlone) {
  join();
  list(run_1, five_keys);
  const auto reply = answer(wire::ShowRun{"last"}, LiveView{}, store_, context());
  const auto& status = std::get<wire::RunStatus>(reply);
  EXPECT_EQ(status.steps[1].total, 5U);
  EXPECT_EQ(status.steps[1].waiting, 5U);
}

TEST_F(ShowTest, RunsAreListedNewestFirst) {
  join();
  list(run_1, five_keys);
  run_to_end(run_1, {2});
  wall_ += 1000;
  list(run_id(2), {"/a", "/b"});
  const auto runs = ask<wire::Runs>(wire::ListRuns{}).runs;
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[0].run, run_id(2));
  EXPECT_EQ(runs[0].state, "running");
  EXPECT_EQ(runs[0].total, 2U);
  EXPECT_EQ(runs[1].state, "succeeded");
  EXPECT_EQ(runs[1].total, 5U);  // plain steps have no items that anyone counts
  EXPECT_EQ(runs[1].done, 4U);
  EXPECT_EQ(runs[1].failed, 1U);
  EXPECT_EQ(runs[1].item_word, "image");
  EXPECT_THAT(ask<wire::Runs>(wire::ListRuns{1}).runs, SizeIs(1));
}

TEST_F(ShowTest, ARunThatIsNotThereIsSaid) {
  EXPECT_THAT(refusal(wire::ShowRun{"last"}), HasSubstr("nothing has run yet"));
}

TEST_F(ShowTest, ASubmittedRunIsAnsweredWithItsSteps) {
  join();
  const Prepared made = prepared(run_1);
  const wire::Submitted dry = submitted(run_1, *made.plan, false, store_);
  submit(run_1);
  auto reply = submitted(run_1, true, store_);
  const auto& taken = std::get<wire::Submitted>(reply);
  EXPECT_EQ(taken.short_id, "0101");
  EXPECT_THAT(taken.steps, ElementsAre("listing", "looks", "summary"));
  EXPECT_TRUE(taken.already);
  EXPECT_EQ(dry.steps, taken.steps);
  EXPECT_EQ(dry.name, "looking");
  EXPECT_TRUE(std::holds_alternative<wire::Failed>(submitted(run_id(9), false, store_)));
}

// ------------------------------------------------------------------ the pool

TEST_F(ShowTest, AgentsAreListedWithWhatTheirSlotsDo) {
  driver_.join(2, 1, {item_task});
  driver_.join(1, 2, {list_task}, [](wire::Hello& hello) {
    hello.build = "0.1.0";
    hello.notes = {"libx.so not loaded"};
    hello.labels = {{"site", "a"}};
  });
  submit(run_1, R"(workflow: constant
steps:
  looks:
    task: look
    each: {image: [/a, /b]}
)");
  driver_.now += 1s;
  const auto agents = ask<wire::Agents>(wire::ListAgents{}).agents;
  ASSERT_THAT(agents, SizeIs(2));
  EXPECT_EQ(agents[0].name, "host-1");
  EXPECT_EQ(agents[0].state, "connected");
  EXPECT_EQ(agents[0].build, "0.1.0");
  EXPECT_THAT(agents[0].notes, ElementsAre("libx.so not loaded"));
  EXPECT_THAT(agents[0].slots, SizeIs(2));
  EXPECT_EQ(agents[0].slots[0].doing, "");
  EXPECT_EQ(agents[0].tasks, 1U);
  EXPECT_DOUBLE_EQ(agents[0].heard_seconds_ago, 1.0);
  EXPECT_EQ(agents[1].slots[0].doing, "0101 looks");
}

TEST_F(ShowTest, ALostAgentIsAwayForAWhileAndThenForgotten) {
  join();
  driver_.pass(5s);
  EXPECT_EQ(ask<wire::Agents>(wire::ListAgents{}).agents.at(0).state, "away");
  driver_.pass(10min);
  EXPECT_THAT(ask<wire::Agents>(wire::ListAgents{}).agents, IsEmpty());
}

TEST_F(ShowTest, TasksAreListedWithWhoOffersThemNow) {
  driver_.join(1, 1, {list_task, item_task});
  driver_.join(2, 1, {item_task});
  driver_.happen(SessionClosed{agent_id(1), driver_.session(agent_id(1)), "gone"});
  const auto tasks = ask<wire::Tasks>(wire::ListTasks{}).tasks;
  ASSERT_THAT(tasks, SizeIs(2));
  EXPECT_EQ(tasks[0].name, "look");
  EXPECT_EQ(tasks[0].signature, item_task);
  EXPECT_THAT(tasks[0].agents, ElementsAre("host-2"));
  EXPECT_THAT(tasks[1].agents, IsEmpty());
  EXPECT_THAT(ask<wire::Tasks>(wire::ListTasks{"names"}).tasks, SizeIs(1));
  EXPECT_EQ(refusal(wire::ListTasks{"lok"}),
            "there is no task 'lok'; did you mean 'look'?\n  all:    drover tasks\n"
            "  yours:  drover down && drover up --tasks DIR");
}

TEST_F(ShowTest, OfATaskThatNobodyOffersWhatDidNotLoadIsTold) {
  join();
  driver_.join(1, 1, {list_task}, [](wire::Hello& hello) {
    hello.notes = {"detect runs on OpenCV", "libmine.so not loaded: built for Drover ABI 1"};
  });
  EXPECT_EQ(refusal(wire::ListTasks{"mine"}),
            "there is no task 'mine'\n  libmine.so not loaded: built for Drover ABI 1\n"
            "  all:    drover tasks");
  const auto look = ask<wire::Tasks>(wire::ListTasks{"look"}).tasks.at(0);
  EXPECT_THAT(look.notes, ElementsAre("libmine.so not loaded: built for Drover ABI 1"));
  EXPECT_THAT(ask<wire::Tasks>(wire::ListTasks{"names"}).tasks.at(0).notes, IsEmpty());
}

TEST_F(ShowTest, PingSaysWhoAnswers) {
  join(1, 3);
  const auto pong = ask<wire::Pong>(wire::Ping{});
  EXPECT_EQ(pong, (wire::Pong{"0.1.0", 7, 9000, 1, 3}));
}

TEST_F(ShowTest, WhatChangesSomethingIsNoQuery) {
  EXPECT_THAT(refusal(wire::Cancel{"last"}), HasSubstr("no query"));
}

}  // namespace
}  // namespace drover::scheduler
