#include "tests/unit/scheduler/query/query_test.hpp"

namespace drover::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using namespace testing;
using namespace std::chrono_literals;

const RunId run_1 = run_id(1);

class ExplainRequest : public QueryTest {
 protected:
  wire::Explanation explained(const std::optional<std::string>& word = std::nullopt) {
    return ask<wire::Explanation>(wire::Explain{"last", std::nullopt, word});
  }
  void start(const std::string& options = "") {
    submit(run_1, std::string(R"(workflow: looking
item: image
steps:
  looks:
    task: look
    each: {image: [/in/a.jpg, /in/b.jpg, /in/c.jpg]}
)") + options);
  }
};

TEST_F(ExplainRequest, AStepSaysWhatWaitsForWhichSlots) {
  join(1, 2);
  start("    resources: {gpu: 1}\n");
  const auto found = explained("looks");
  EXPECT_EQ(found.subject, "looks");
  EXPECT_EQ(found.state, "running");
  EXPECT_THAT(found.lines, ElementsAre("looks: 3 images waiting, 0 of 2 slots usable",
                                       "  2 slots cannot run it: no GPU, the step needs gpu: 1",
                                       "     to allow CPUs too:  resources: {gpu: preferred}"));
  ASSERT_THAT(found.reasons, SizeIs(1));
  EXPECT_EQ(found.reasons[0].code, "no_gpu");
  EXPECT_EQ(found.reasons[0].count, 2U);
}

TEST_F(ExplainRequest, ARunTellsEachOfItsSteps) {
  join();
  list(run_1, {"/in/a.jpg", "/in/b.jpg"});
  EXPECT_THAT(explained().lines,
              ElementsAre("run 0101 is running", "listing succeeded",
                          "looks: 1 image waiting, 1 image running, 1 of 1 slot usable",
                          "  1 slot can run it and is busy: 1 with 0101 looks",
                          "summary is waiting", "  waits for 'looks'"));
  run_to_end(run_1);
  EXPECT_THAT(explained().lines,
              ElementsAre("run 0101 has succeeded", "listing succeeded",
                          "looks succeeded: 2 done, 0 failed", "summary succeeded"));
}

TEST_F(ExplainRequest, RunningItemsAreAsManyHereAsInShowAndItems) {
  join(1, 2);
  std::vector<std::string> keys;
  for (char c = 'a'; c <= 'z'; ++c) keys.push_back(std::string("/in/") + c + ".jpg");
  list(run_1, keys);
  for (int i = 0; i < 2; ++i) driver_.finish(driver_.lease_of({run_1, 1}), 0.05F);
  EXPECT_EQ(explained("looks").lines.at(0),
            "looks: 22 images waiting, 2 images running, 2 of 2 slots usable");
  const auto status = ask<wire::RunStatus>(wire::ShowRun{"last"}).steps.at(1);
  EXPECT_EQ(status.running, 2U);
  EXPECT_EQ(status.waiting, 22U);
  const auto rows = [&](const std::string& state) {
    return ask<wire::Items>(wire::ListItems{"last", "looks", state, std::nullopt, 100}).rows.size();
  };
  EXPECT_EQ(rows("running"), 2U);
  EXPECT_EQ(rows("waiting"), 22U);
}

TEST_F(ExplainRequest, ACancelledRunSaysSoOnce) {
  join();
  list(run_1, {"/in/a.jpg", "/in/b.jpg"});
  driver_.finish(driver_.lease_of({run_1, 1}));
  driver_.happen(CancelRequested{ClientToken{1}, run_1});
  EXPECT_THAT(explained().lines, ElementsAre("run 0101 was cancelled", "listing succeeded",
                                             "looks was cancelled: 1 done, 0 failed, 1 cancelled",
                                             "summary did not run"));
}

TEST_F(ExplainRequest, AStepThatDidNotRunSaysWhy) {
  join();
  list(run_1, {"/in/a.jpg", "/in/b.jpg"});
  run_to_end(run_1, {0, 1});
  EXPECT_THAT(explained("summary").lines,
              ElementsAre("summary did not run: a step that it reads failed"));
}

TEST_F(ExplainRequest, AFailedStepNamesItsLargestFailures) {
  join();
  start();
  run_to_end(run_1, {0, 2});
  EXPECT_THAT(explained("looks").lines,
              ElementsAre("looks failed: 2 of 3 images failed, allowed 0; 1 done, 2 failed",
                          "  2  not a JPEG file: item 0   e.g. a.jpg"));
}

TEST_F(ExplainRequest, AStepThatRunsOnceSaysOnceWhatItFailedWith) {
  join();
  submit(run_1);
  driver_.fail_first(driver_.lease_of({run_1, 0}), "/data/x does not exist on host-1");
  EXPECT_THAT(explained().lines,
              ElementsAre("run 0101 has failed: step 'listing': /data/x does not exist on host-1",
                          "listing failed: /data/x does not exist on host-1",
                          "looks did not run: a step that it reads failed",
                          "summary did not run: a step that it reads failed"));
  EXPECT_EQ(explained("listing").reasons.at(0).hint, "drover logs 0101 listing");
}

TEST_F(ExplainRequest, ARetryingItemSaysWhenItsNextAttemptStartsAndWhatCameBefore) {
  join();
  start("    retry_errors: 2\n");
  driver_.fail_first(driver_.lease_of({run_1, 0}), "no such file");
  driver_.finish(driver_.lease_of({run_1, 0}), 3.0F);
  driver_.fail_first(driver_.lease_of({run_1, 0}), "no such file");
  const auto found = explained("a.jpg");
  EXPECT_EQ(found.subject, "/in/a.jpg");
  EXPECT_EQ(found.state, "retrying");
  ASSERT_THAT(found.lines, SizeIs(5));
  EXPECT_THAT(found.lines[0], MatchesRegex("a.jpg is retrying: attempt 3 of 3 starts in 0... s"));
  EXPECT_THAT(found.lines[1],
              MatchesRegex("  attempt 1   host-1 slot 0   ..:..:..   0.20 s   no such file"));
  EXPECT_EQ(found.lines[2], "              drover logs 0101 a.jpg --attempt 1");
  ASSERT_THAT(found.attempts, SizeIs(2));
  EXPECT_EQ(found.attempts[1].attempt, 2U);
  EXPECT_EQ(found.attempts[1].cause, "user_error");
  EXPECT_EQ(found.attempts[0].log, "drover logs 0101 a.jpg --attempt 1");
  EXPECT_EQ(found.reasons.at(0).code, "back_off");
}

TEST_F(ExplainRequest, ItemsSayWhereTheyRunWhyTheyWaitAndHowTheyEnded) {
  join();
  start();
  EXPECT_THAT(explained("a.jpg").lines, ElementsAre("a.jpg is running on host-1 slot 0"));
  EXPECT_THAT(
      explained("1").lines,
      ElementsAre("b.jpg is waiting", "  1 slot can run it and is busy: 1 with 0101 looks"));
  driver_.now += 2s;
  EXPECT_THAT(explained("a.jpg").lines,
              ElementsAre("a.jpg is running on host-1 slot 0; host-1 has been silent for 2.0 s"));
  driver_.heartbeat(agent_id(1));
  driver_.finish(driver_.lease_of({run_1, 0}), 2.4F);
  const auto done = explained("a.jpg");
  EXPECT_EQ(done.state, "done");
  EXPECT_EQ(done.lines[0], "a.jpg is done, it took 2.4 s");
  driver_.finish(driver_.lease_of({run_1, 0}), 0.000332F);
  EXPECT_EQ(explained("b.jpg").lines[0], "b.jpg is done, it took 332 µs");
  run_to_end(run_1, {2});
  EXPECT_EQ(explained("c.jpg").lines[0], "c.jpg failed: not a JPEG file: item 2");
}

TEST_F(ExplainRequest, AWordMayComeAsStepOrItemWhicheverItIs) {
  join();
  start();
  const auto as_step = ask<wire::Explanation>(wire::Explain{"last", "a.jpg", std::nullopt});
  EXPECT_EQ(as_step.subject, "/in/a.jpg");
  const auto both = ask<wire::Explanation>(wire::Explain{"last", "looks", "b.jpg"});
  EXPECT_EQ(both.subject, "/in/b.jpg");
  EXPECT_THAT(refusal(wire::Explain{"last", std::nullopt, "zebra"}),
              HasSubstr("no image has 'zebra' in its key"));
}

// ------------------------------------------------------------------ whose log it is

class Locate : public ExplainRequest {
 protected:
  Result<AttemptPlace> locate(const std::string& item,
                              std::optional<std::uint32_t> attempt = std::nullopt) {
    return locate_attempt(wire::Log{"last", std::nullopt, item, attempt}, view(), store_);
  }
};

TEST_F(Locate, TheAttemptThatRunsNowIsTheLast) {
  join();
  start("    retry_errors: 1\n");
  const LeaseId first = driver_.lease_of({run_1, 0});
  const auto running = locate("a.jpg");
  ASSERT_TRUE(running.has_value()) << running.error().context;
  EXPECT_EQ(running->run, run_1);
  EXPECT_EQ(running->step, "looks");
  EXPECT_EQ(running->item, 0U);
  EXPECT_EQ(running->key, "/in/a.jpg");
  EXPECT_EQ(running->attempt, 1U);
  EXPECT_EQ(running->agent, agent_id(1));
  EXPECT_EQ(running->lease, first);

  driver_.fail_first(first, "no");
  EXPECT_EQ(locate("a.jpg")->lease, first);
  driver_.finish(driver_.lease_of({run_1, 0}), 3.0F);  // now it is tried again
  EXPECT_EQ(locate("a.jpg")->attempt, 2U);
  EXPECT_EQ(locate("a.jpg")->lease, driver_.lease_of({run_1, 0}));
  EXPECT_EQ(locate("a.jpg", 1)->lease, first);
  EXPECT_EQ(locate("a.jpg", 3).error().context,
            "/in/a.jpg has no attempt 3: there were 2 attempts");
}

TEST_F(Locate, AStepThatRunsOnceGoesByItsName) {
  join();
  submit(run_1);
  driver_.fail_first(driver_.lease_of({run_1, 0}), "no such folder");
  const auto place = locate("listing");
  ASSERT_TRUE(place.has_value()) << place.error().context;
  EXPECT_EQ(place->step, "listing");
  EXPECT_EQ(place->attempt, 1U);
}

TEST_F(Locate, AStepThatRanOnceAndReturnedAListIsFoundAlsoInARerun) {
  join();
  submit(run_1);
  const LeaseId lease = driver_.lease_of({run_1, 0});
  driver_.finish_list(lease, {"/in/a.jpg", "/in/b.jpg"});
  ASSERT_TRUE(locate("listing").has_value()) << locate("listing").error().context;
  EXPECT_EQ(locate("listing")->lease, lease);
  EXPECT_EQ(locate("listing")->agent, agent_id(1));

  run_to_end(run_1, {0, 1});
  rerun(run_id(2), "0101");
  EXPECT_EQ(locate("listing")->run, run_id(2));
  EXPECT_EQ(locate("listing")->lease, lease);
}

TEST_F(Locate, OfAStepThatNeverRanSaysWhatFailedBefore) {
  join();
  submit(run_1);
  driver_.fail_first(driver_.lease_of({run_1, 0}), "no such folder");
  EXPECT_EQ(locate("a.jpg").error().context, "'looks' never ran: 'listing' failed");
}

TEST_F(Locate, AnEndedItemIsFoundInTheStore) {
  join();
  start();
  const LeaseId lease = driver_.lease_of({run_1, 0});
  run_to_end(run_1);
  EXPECT_EQ(locate("a.jpg")->lease, lease);
  EXPECT_EQ(locate("a.jpg")->agent, agent_id(1));
}

TEST_F(Locate, AnItemThatHasNotRunHasWrittenNothing) {
  join();
  start();
  EXPECT_EQ(locate("c.jpg").error().context,
            "/in/c.jpg has not run yet, so it has written nothing");
}

}  // namespace
}  // namespace drover::scheduler
