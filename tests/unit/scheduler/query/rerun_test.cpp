#include "scheduler/query/stored_plan.hpp"
#include "scheduler/query/submission.hpp"
#include "tests/unit/scheduler/query/query_test.hpp"

namespace drover::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace testing;

const RunId run_1 = run_id(1);

class RerunTest : public QueryTest {
 protected:
  RerunTest() {
    join();
    list(run_1, {"/in/a.jpg", "/in/b.jpg", "/in/c.jpg", "/in/d.jpg", "/in/e.jpg"});
  }

  wire::Rerun rerun(std::vector<std::string> items = {}) {
    wire::Rerun request;
    request.run = run_id(2);
    request.parent = "0101";
    request.items = std::move(items);
    request.submitted_by = "bob@desk";
    return request;
  }
  PreparedRerun made(const wire::Rerun& request) {
    auto made = prepare_rerun(request, view(), store_);
    CHECK(made.has_value(), "{}", made.error().context);
    return std::move(*made);
  }
  std::string refused(const wire::Rerun& request) {
    const auto made = prepare_rerun(request, view(), store_);
    return made ? "" : made.error().context;
  }
  void start(const PreparedRerun& made) {
    driver_.submit(run_id(2), *made.plan, *made.spec, made.parent, made.taken_over);
  }
  /// Four items, of which the third fails in the step.
  void run_to_end_but(const RunId& run, const StepRef& failing) {
    driver_.finish_list(driver_.lease_of({run, 0}), {"/a", "/b", "/c", "/d"});
    while (const Lease* lease = any_lease(run)) {
      const bool bad = lease->step == failing && lease->items.contains(ItemIndex{2});
      bad ? driver_.fail_first(lease->id, "no") : driver_.finish(lease->id);
    }
  }
  wire::RunStatus status() { return ask<wire::RunStatus>(wire::ShowRun{"0202"}); }
};

TEST_F(RerunTest, TakesOverWhatIsDoneAndRunsFailedItemsAndWhatFollows) {
  run_to_end(run_1, {1, 3});
  ASSERT_EQ(ask<wire::RunStatus>(wire::ShowRun{"0101"}).state, "succeeded");
  const PreparedRerun again = made(rerun());
  EXPECT_EQ(again.parent, run_1);
  EXPECT_EQ(again.spec->submitted_by, "bob@desk");
  ASSERT_THAT(again.taken_over, SizeIs(3));
  EXPECT_TRUE(again.taken_over[0].complete);
  EXPECT_EQ(again.taken_over[0].list_size, 5U);
  EXPECT_FALSE(again.taken_over[1].complete);
  EXPECT_EQ(again.taken_over[1].done.size(), 3U);
  EXPECT_TRUE(again.taken_over[1].failed.empty());
  EXPECT_FALSE(again.taken_over[2].complete);
  EXPECT_TRUE(again.taken_over[2].done.empty());  // its input changes

  start(again);
  EXPECT_EQ(driver_.state.runs.at(run_id(2)).steps[1].open_items(), 2U);
  EXPECT_EQ(status().steps[1].kept, 3U);
  run_to_end(run_id(2));
  const wire::RunStatus end = status();
  EXPECT_EQ(end.state, "succeeded");
  EXPECT_EQ(end.parent, run_1);
  EXPECT_EQ(end.steps[1].done, 5U);
  EXPECT_EQ(end.steps[1].kept, 3U);
  EXPECT_THAT(end.failures, IsEmpty());
}

TEST_F(RerunTest, OfATaskThatWasBuiltWithOtherTypesIsRefused) {
  run_to_end(run_1, {1, 3});
  driver_.join(1, 1, {list_task, "look(image: uri) -> str", sum_task});
  EXPECT_EQ(refused(rerun()),
            "the task 'look' of step 'looks' takes or returns other types than in run 0101: then "
            "look(image: uri) -> int, now look(image: uri) -> str\n"
            "  a new run uses it as it is:  drover run looking.yaml\n"
            "  or build it as it was, and:  drover rerun 0101");
  wire::Rerun follows = rerun();  // Its steps that look are taken over whole.
  follows.allow_failed = "50%";
  EXPECT_EQ(refused(follows), "");
  join();  // As it was.
  EXPECT_EQ(refused(rerun()), "");
}

TEST_F(RerunTest, OfACompleteRunTakesOverEverything) {
  run_to_end(run_1);
  const PreparedRerun again = made(rerun());
  for (const auto& step : again.taken_over) EXPECT_TRUE(step.complete);
  start(again);
  EXPECT_EQ(status().state, "succeeded");
}

TEST_F(RerunTest, WithAllowFailedAloneOnlyWhatFollowsRuns) {
  run_to_end(run_1, {0, 1, 2});
  ASSERT_EQ(ask<wire::RunStatus>(wire::ShowRun{"0101"}).state, "failed");
  wire::Rerun request = rerun();
  request.allow_failed = "60%";
  const PreparedRerun again = made(request);
  EXPECT_EQ(again.plan->steps[1].options.allow_failed, (AllowFailed{true, 0.6, 0}));
  EXPECT_EQ(again.taken_over[1].failed.size(), 3U);
  EXPECT_EQ(**plan_of(*again.spec), *again.plan);  // also after a restart

  start(again);
  EXPECT_EQ(any_lease(run_id(2))->step.step, 2U);
  run_to_end(run_id(2));
  const wire::RunStatus end = status();
  EXPECT_EQ(end.state, "succeeded");
  EXPECT_EQ(end.steps[1].failed, 3U);
  EXPECT_EQ(end.steps[1].allow_failed, "60%");
  ASSERT_FALSE(end.failures.empty());
  EXPECT_EQ(end.failures[0].count, 3U);
}

TEST_F(RerunTest, WithAllowFailedAndFailedRunsTheFailedOnesAgain) {
  run_to_end(run_1, {0, 1, 2});
  wire::Rerun request = rerun();
  request.allow_failed = "1";
  request.failed_only = true;
  EXPECT_TRUE(made(request).taken_over[1].failed.empty());
}

TEST_F(RerunTest, OfOneItemRunsThatOneAndKeepsTheFailures) {
  run_to_end(run_1, {1, 3});
  const PreparedRerun again = made(rerun({"c.jpg"}));
  EXPECT_EQ(again.taken_over[1].done.size(), 2U);
  EXPECT_FALSE(again.taken_over[1].done.contains(2));
  EXPECT_EQ(again.taken_over[1].failed.size(), 2U);
}

TEST_F(RerunTest, OfOneKindOfFailureRunsThatAndKeepsTheOthers) {
  run_to_end_with(run_1, {{0, "the JPEG ends after 12,288 bytes"},
                          {1, "the file is empty"},
                          {3, "the JPEG ends after 9,000 bytes"}});
  wire::Rerun request = rerun();
  request.signature = "the JPEG ends after 12,288 bytes";
  const PreparedRerun again = made(request);
  EXPECT_EQ(again.taken_over[1].done.size(), 2U);
  EXPECT_EQ(again.taken_over[1].failed, IntervalSet(Range{1, 2}));
  request.signature = "JPEG ends";
  EXPECT_EQ(made(request).taken_over[1].failed, IntervalSet(Range{1, 2}));
  request.items = {"b.jpg"};
  EXPECT_TRUE(made(request).taken_over[1].failed.empty()) << "and an item that is named";
}

TEST_F(RerunTest, OfAKindOfFailureThatIsNotThereNamesThoseThatAre) {
  run_to_end_with(run_1, {{0, "the file is empty"}, {1, "the file is empty"}});
  wire::Rerun request = rerun();
  request.signature = "no such";
  EXPECT_EQ(refused(request),
            "nothing failed like 'no such'; this did:\n  2      the file is empty");
  request.signature = "";
  EXPECT_THAT(refused(request), HasSubstr("named by its text"));
}

TEST_F(RerunTest, OfSomeItemsIsRefusedWhereOthersWereNotDone) {
  driver_.happen(CancelRequested{ClientToken{3}, run_1});
  wire::Rerun request = rerun();
  request.failed_only = true;
  EXPECT_THAT(
      refused(request),
      HasSubstr("5 images of 'looks' were not done in run 0101, so a rerun cannot leave them out"));
  EXPECT_EQ(refused(rerun()), "");
}

TEST_F(RerunTest, OfWhatFailedIsRefusedWhereNothingDid) {
  run_to_end(run_1);
  wire::Rerun request = rerun();
  request.failed_only = true;
  EXPECT_EQ(refused(request), "nothing failed in 0101; nothing to run again");
  EXPECT_EQ(refused(rerun()), "");
}

TEST_F(RerunTest, IsRefusedWhileTheParentRunsAndForNamesThatAreNotThere) {
  EXPECT_THAT(refused(rerun()), HasSubstr("has not ended"));
  run_to_end(run_1);
  EXPECT_THAT(refused(rerun({"nothing.jpg"})), HasSubstr("no image has 'nothing.jpg' in its key"));
  wire::Rerun request = rerun();
  request.allow_failed = "lots";
  EXPECT_THAT(refused(request), HasSubstr("allow_failed"));
  request = rerun();
  request.parent = "77";
  EXPECT_THAT(refused(request), HasSubstr("there is no run '77'"));
}

TEST_F(RerunTest, ThatIsAskedForAgainIsThereAlready) {
  run_to_end(run_1, {0, 1});
  EXPECT_EQ(rerun_is_there(rerun(), store_), false);
  start(made(rerun()));
  EXPECT_EQ(rerun_is_there(rerun(), store_), true) << "while it runs";
  run_to_end(run_id(2));
  EXPECT_EQ(rerun_is_there(rerun(), store_), true);
  wire::Rerun request = rerun();
  request.parent = "last";
  EXPECT_EQ(rerun_is_there(request, store_), true) << "which was the parent then";
}

TEST_F(RerunTest, DoesNotTakeTheIdOfAnotherRun) {
  run_to_end(run_1);
  start(made(rerun()));
  const auto refusal = [this](const wire::Rerun& request) {
    const auto there = rerun_is_there(request, store_);
    EXPECT_FALSE(there);
    return there ? ErrorCode::Internal : there.error().code;
  };
  wire::Rerun request = rerun();
  request.run = run_1;
  EXPECT_EQ(refusal(request), ErrorCode::Exists) << "a run that is no rerun";
  request = rerun();
  request.allow_failed = "5%";
  EXPECT_EQ(refusal(request), ErrorCode::Exists) << "another allow_failed";
  request = rerun();
  request.parent = "0202";
  EXPECT_EQ(refusal(request), ErrorCode::Exists) << "another parent";
}

TEST(RunIds, ThatAreAllZerosAreRefused) {
  const auto checked = check_run_id(RunId{});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::Invalid);
  EXPECT_THAT(checked.error().context, HasSubstr("all zeros"));
  EXPECT_TRUE(check_run_id(run_1));
}

TEST_F(RerunTest, OfAnItemOfTwoStepsRunsTheOneThatFailed) {
  run_to_end(run_1);
  driver_.join(1, 1, {list_task, item_task, sum_task});
  const RunId run = run_id(0x31);
  submit(run, R"(workflow: two
item: image
steps:
  listing:
    task: names
    with: {count: 4}
  first:
    task: look
    each: {image: $listing}
  second:
    task: look
    each: {image: $listing}
    allow_failed: 50%
)");
  run_to_end_but(run, {run, 2});
  wire::Rerun request = rerun({"c"});
  request.parent = to_string(run);
  const PreparedRerun again = made(request);
  EXPECT_EQ(again.taken_over[1].done.size(), 4U);
  EXPECT_TRUE(again.taken_over[2].failed.empty());
  request.items = {"b"};  // It failed nowhere: the first.
  EXPECT_FALSE(made(request).taken_over[1].done.contains(1));
}

TEST_F(RerunTest, AMapOverAMapKeepsWhatIsDoneItemByItem) {
  run_to_end(run_1);
  driver_.join(1, 1, {list_task, item_task, sum_task, "again(value: int) -> int"});
  const RunId run = run_id(0x31);
  submit(run, R"(workflow: chain
item: image
steps:
  listing:
    task: names
    with: {count: 4}
  first:
    task: look
    each: {image: $listing}
    allow_failed: 50%
  second:
    task: again
    each: {value: $first}
  those_done:
    task: again
    each: {value: $first.ok}
)");
  run_to_end_but(run, {run, 1});
  ASSERT_EQ(ask<wire::RunStatus>(wire::ShowRun{to_string(run)}).state, "succeeded");
  wire::Rerun request = rerun();
  request.parent = to_string(run);
  const PreparedRerun again = made(request);
  EXPECT_EQ(again.taken_over[1].done.size(), 3U);
  EXPECT_EQ(again.taken_over[2].done.size(), 3U);  // what is above them stays as it is
  EXPECT_TRUE(again.taken_over[3].done.empty());   // its list gets longer
  start(again);
  run_to_end(run_id(2));
  const wire::RunStatus end = status();
  EXPECT_EQ(end.state, "succeeded");
  EXPECT_EQ(end.steps[2].done, 4U);
  EXPECT_EQ(end.steps[2].kept, 3U);
  EXPECT_EQ(end.steps[3].done, 4U);
}

}  // namespace
}  // namespace drover::scheduler
