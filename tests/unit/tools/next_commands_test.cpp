#include "tools/render/next_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/runs.hpp"

namespace drover::tools {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> commands_of(const wire::RunStatus& run, bool printed = true) {
  return next_lines(next_commands(run, printed), Terminal{});
}

TEST(NextCommands, WhereAnAttemptPrintedNothingTheNextStepIsToExplain) {
  EXPECT_THAT(commands_of(without_a_list(), false)[0], HasSubstr("drover explain 7f3a listing "));
}

TEST(NextCommands, WhereNothingWasListedTheInputMayBeWrong) {
  auto run = without_a_list();
  EXPECT_THAT(commands_of(run), Not(Contains(HasSubstr("drover run "))));
  run.anew = "drover run detect.yaml -i images=/data/x";
  EXPECT_THAT(commands_of(run),
              Contains(AllOf(HasSubstr("drover run detect.yaml -i images=/data/x  "),
                             HasSubstr("a new run, where an input is wrong"))));
}

TEST(NextCommands, TheStepThatFailedIsTheOneToRunAgainThoughAnotherTookLonger) {
  auto run = half_way();
  run.state = "failed";
  run.steps[1].state = "succeeded";
  run.steps[1].failed = 0;
  run.steps[1].item_seconds = 17;
  run.steps[2].map = true;
  run.steps[2].state = "failed";
  run.steps[2].failed = 20;
  EXPECT_THAT(commands_of(run), Contains(HasSubstr("a new run of only these 20")));
}

TEST(NextCommands, ResultsThatAreNotThereAreNotOfferedToBeKept) {
  auto run = half_way();
  run.state = "failed";
  run.steps[1].state = "failed";
  run.steps[1].done = 0;
  run.steps[1].failed = 1;
  const auto next = commands_of(run);
  EXPECT_THAT(next, Not(Contains(HasSubstr("--allow-failed"))));
  EXPECT_THAT(next, Contains(HasSubstr("a new run of only this 1")));
  EXPECT_THAT(next, Not(Contains(HasSubstr("kept"))));
}

TEST(NextCommands, ALogOfOneOfSeveralMapsNamesItsStep) {
  auto run = half_way();
  run.state = "failed";
  run.steps[2].map = true;
  wire::FailureGroup group;
  group.step = "detections";
  group.count = 1;
  group.example_key = "/a/b.jpg";
  run.failures = {group};
  EXPECT_THAT(commands_of(run)[0], HasSubstr("drover logs 7f3a b.jpg --step detections "));
  EXPECT_THAT(commands_of(run, false)[0], HasSubstr("drover explain 7f3a detections b.jpg "));
}

/// A run that failed over its budget, for one cause.
wire::RunStatus failed_for(const std::string& cause) {
  auto run = half_way();
  run.state = "failed";
  run.steps[1].state = "failed";
  run.steps[1].done = 746;
  run.steps[1].failed = 50;
  wire::FailureGroup group;
  group.step = "detections";
  group.count = 50;
  group.cause = cause;
  group.example_key = "/in/a.jpg";
  run.failures = {group};
  return run;
}

TEST(NextCommands, WhatWouldFailTheSameWayAgainIsToBeMendedBeforeARerun) {
  const auto next = commands_of(failed_for("user_error"));
  EXPECT_THAT(next,
              Contains(HasSubstr("drover rerun 7f3a --allow-failed 7%    keeps the results")));
  EXPECT_THAT(next,
              Contains(HasSubstr("drover rerun 7f3a --failed             once that is mended: "
                                 "a new run of only these 50, 746 results kept")));
  EXPECT_THAT(
      commands_of(failed_for("agent_lost")),
      Contains(HasSubstr("drover rerun 7f3a --failed             a new run of only these")));
}

TEST(NextCommands, ARerunAfterAStepThatRunsOnceSaysThatItKeepsTheInputs) {
  EXPECT_THAT(commands_of(without_a_list()),
              Contains(HasSubstr("once that is mended: the same inputs again")));
}

}  // namespace
}  // namespace drover::tools
