#include "scheduler/query/submission.hpp"

#include "common/workflow/units_text.hpp"
#include "scheduler/query/stored_plan.hpp"
#include "tests/unit/scheduler/query/query_test.hpp"

namespace drover::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace testing;

const RunId run_1 = run_id(1);

class SubmissionTest : public QueryTest {};

TEST_F(SubmissionTest, AGoodWorkflowBecomesAPlanAndASpecThatMakesItAgain) {
  join();
  const Prepared made = prepared(run_1, looking_workflow, {{"count", "7"}, {"results", "out"}});
  EXPECT_EQ(made.plan->results, "/home/ada/out");
  EXPECT_EQ(made.spec->submitted_by, "ada@desk");
  EXPECT_THAT(made.spec->tasks, ElementsAre(item_task, list_task, sum_task));
  const auto again = plan_of(*made.spec);
  ASSERT_TRUE(again.has_value()) << again.error().context;
  EXPECT_EQ(**again, *made.plan);
}

TEST_F(SubmissionTest, EverythingThatIsWrongIsSaidAtOnce) {
  join();
  std::string text = looking_workflow;
  text.replace(text.find("task: look\n"), 11, "task: loook\n");
  const auto answer = prepare_submit(request(run_1, text, {{"cuont", "3"}}), driver_.state);
  const auto* rejected = std::get_if<wire::Rejected>(&answer);
  ASSERT_NE(rejected, nullptr);
  EXPECT_THAT(rejected->text,
              AllOf(HasSubstr("2 problems, nothing was started"), HasSubstr("looking.yaml:10:11"),
                    HasSubstr("did you mean 'look'"), HasSubstr("did you mean 'count'")));
  ASSERT_THAT(rejected->problems, SizeIs(2));
  EXPECT_EQ(rejected->problems[0].line, 10U);
  EXPECT_EQ(rejected->problems[0].excerpt, "    task: loook");
  EXPECT_EQ(rejected->problems[0].subject, "step 'looks'");
  EXPECT_THAT(rejected->problems[0].text, HasSubstr("loook"));
  EXPECT_EQ(rejected->problems[1].subject, "-i cuont");
  EXPECT_EQ(rejected->problems[1].line, 0U);
}

TEST_F(SubmissionTest, StepsThatNoSlotCanRunNowAreNamedWithTheReason) {
  driver_.join(1, 1, {list_task, item_task});
  driver_.join(2, 1, {sum_task});
  const Prepared made = prepared(run_1);
  EXPECT_THAT(warnings_of(made.plan, driver_.state, driver_.now), IsEmpty());
  driver_.pass(std::chrono::seconds(4));  // Both are lost.
  driver_.join(3, 1, {list_task, item_task});
  EXPECT_THAT(warnings_of(made.plan, driver_.state, driver_.now),
              ElementsAre("no slot can run step 'summary' now: no agent offers total (last seen on "
                          "host-2, which is away). The run waits until one can.\n"
                          "  to load the folder it is in:  drover down && drover up --tasks DIR   "
                          "what total takes:  drover tasks total"));
}

TEST_F(SubmissionTest, OfATaskThatIsNotThereWhatDidNotLoadIsQuoted) {
  driver_.join(1, 1, {list_task, item_task, sum_task});
  const Prepared made = prepared(run_1);
  driver_.join(1, 1, {list_task, item_task}, [](wire::Hello& hello) {
    hello.notes = {"libother.so not loaded: it has no tasks", "slot 3: off for 8 s",
                   "tasks.yaml:3: there is no type 'Cuont'",
                   "libtotal.so not loaded: undefined symbol: foo"};
  });
  const std::string why =
      "libtotal.so not loaded: undefined symbol: foo; libother.so not loaded: it has no tasks; "
      "and 1 more:  drover agents";
  EXPECT_THAT(warnings_of(made.plan, driver_.state, driver_.now),
              ElementsAre("no slot can run step 'summary' now: no agent offers total. The run "
                          "waits until one can.\n  " +
                          why));
  std::string text = looking_workflow;
  text.replace(text.find("task: look\n"), 11, "task: brightness\n");
  const auto answer = prepare_submit(request(run_1, text), driver_.state);
  const auto* rejected = std::get_if<wire::Rejected>(&answer);
  ASSERT_NE(rejected, nullptr);
  ASSERT_THAT(rejected->problems, SizeIs(1));
  EXPECT_EQ(rejected->problems[0].text, "there is no task 'brightness'");
  EXPECT_THAT(rejected->problems[0].hint, HasSubstr("libother.so not loaded: it has no tasks; "));
}

TEST_F(SubmissionTest, WhatMayFailIsOverriddenForAllMapSteps) {
  join();
  auto submit = request(run_1, looking_workflow);
  submit.allow_failed = "7%";
  const auto answer = prepare_submit(submit, driver_.state);
  const auto* made = std::get_if<Prepared>(&answer);
  ASSERT_NE(made, nullptr);
  for (const auto& plan : {made->plan, plan_of(*made->spec).value()}) {
    const auto looks = std::ranges::find(plan->steps, "looks", &PlanStep::name);
    ASSERT_NE(looks, plan->steps.end());
    EXPECT_EQ(looks->options.allow_failed, parse_allow_failed("7%").value());
  }
  submit.allow_failed = "many";
  const auto wrong = prepare_submit(submit, driver_.state);
  ASSERT_TRUE(std::holds_alternative<wire::Rejected>(wrong));
  EXPECT_THAT(std::get<wire::Rejected>(wrong).text, HasSubstr("--allow-failed"));
}

TEST_F(SubmissionTest, RelativeUrisNeedAnAbsoluteFolder) {
  join();
  auto submit = request(run_1, looking_workflow);
  submit.working_directory = "here";
  const auto answer = prepare_submit(submit, driver_.state);
  ASSERT_TRUE(std::holds_alternative<wire::Rejected>(answer));
  EXPECT_THAT(std::get<wire::Rejected>(answer).text, HasSubstr("not an absolute path"));
}

TEST_F(SubmissionTest, AStructOfATaskThatNoStepUsesIsKeptForTheNextStart) {
  driver_.join(1, 1,
               {"show(text: str, spot: Spot?) -> int\nSpot: {x: int}",
                "other(spot: Spot) -> int\nSpot: {x: int}", list_task, item_task});
  const Prepared made = prepared(run_1, R"(workflow: spots
inputs:
  spots: list[Spot]
steps:
  all:
    task: other
    each: {spot: $spots}
)",
                                 {{"spots", "[{x: 1}, {x: 2}]"}});
  const auto again = plan_of(*made.spec);
  ASSERT_TRUE(again.has_value()) << again.error().context;
  EXPECT_EQ(**again, *made.plan);
}

TEST_F(SubmissionTest, AStoredWorkflowThatIsNotUnderstoodSaysWhy) {
  RunSpec spec;
  spec.file = "old.yaml";
  spec.text = "workflow: old\nsteps:\n  a: {task: gone}\n";
  spec.working_directory = "/";
  const auto plan = plan_of(spec);
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().context, HasSubstr("gone"));

  spec.tasks = {"look(image: uri"};
  EXPECT_FALSE(plan_of(spec).has_value());
}

TEST_F(SubmissionTest, KeptPlansAreFoundAgainAndBounded) {
  StoredPlans plans;
  const auto plan = std::make_shared<const Plan>(three_steps());
  for (int i = 0; i < 300; ++i) {
    RunId run;
    run.bytes = {static_cast<std::uint8_t>(i % 256), static_cast<std::uint8_t>(i / 256)};
    plans.keep(run, plan);
  }
  RunId newest;
  newest.bytes = {43, 1};
  RunId oldest;
  EXPECT_EQ(plans.find(newest), plan);
  EXPECT_EQ(plans.find(oldest), nullptr);
}

}  // namespace
}  // namespace drover::scheduler
