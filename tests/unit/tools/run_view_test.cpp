#include "tools/render/run_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/render/table.hpp"

namespace drover::tools {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The demonstration's run, at 512 of 796 images.
wire::RunStatus half_way() {
  wire::RunStatus run;
  run.short_id = "7f3a";
  run.name = "offline-detection";
  run.state = "running";
  run.item_word = "image";
  run.slots_total = 2;
  wire::StepStatus listing;
  listing.name = "listing";
  listing.state = "succeeded";
  listing.list_size = 796;
  listing.seconds = 0.1;
  wire::StepStatus detections;
  detections.name = "detections";
  detections.map = true;
  detections.state = "running";
  detections.total = 796;
  detections.done = 511;
  detections.failed = 1;
  detections.seconds = 8.86;
  detections.slots_in_use = 2;
  detections.allow_failed = "1%";
  wire::StepStatus summary;
  summary.name = "summary";
  summary.state = "waiting";
  summary.waits_for = {"detections"};
  summary.reason = "waits for 'detections'";  // Said once, not twice.
  run.steps = {listing, detections, summary};
  return run;
}

TEST(RunView, CountsItemsWhileTheRunGoesOn) {
  Terminal plain;
  plain.width = 120;
  const auto lines = progress_lines(half_way(), plain);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "run 7f3a  offline-detection");
  EXPECT_EQ(lines[1], "  listing     succeeded 796 images  0.1 s");
  EXPECT_THAT(lines[2], HasSubstr("512/796   57.8/s   ~5 s left   1 failed   2 of 2 slots busy"));
  EXPECT_EQ(lines[3], "  summary     waiting for detections");
}

TEST(RunView, NoLineIsWiderThanTheTerminal) {
  Terminal narrow;
  narrow.width = 50;
  for (const auto& line : progress_lines(half_way(), narrow)) {
    std::size_t cells = 0;
    for (const char c : line) cells += (c & '\xc0') != '\x80' ? 1 : 0;
    EXPECT_LE(cells, 50U) << line;
  }
}

TEST(RunView, PlainReportsTellOnlyWhatChanged) {
  const auto run = half_way();
  EXPECT_TRUE(progress_report(run, run).empty());
  auto later = run;
  later.steps[1].done = 600;
  EXPECT_THAT(progress_report(run, later), ElementsAre(HasSubstr("detections: 601/796")));
}

TEST(RunView, TheEndSaysWhatFailedAndWhatToDoNext) {
  auto run = half_way();
  run.state = "failed";
  run.reason = "step 'detections': 50 of 796 images failed, allowed 1 % (7)";
  run.seconds = 13.6;
  run.steps[1].state = "failed";
  run.steps[1].done = 746;
  run.steps[1].failed = 50;
  run.steps[2].state = "cancelled";
  wire::FailureGroup group;
  group.step = "detections";
  group.count = 50;
  group.text = "not a JPEG or PNG file: starts with \"<html>\"";
  group.example_key = "/data/street/frame_0007.jpg";
  run.failures = {group};

  const auto lines = summary_lines(run, {}, Terminal{});
  EXPECT_EQ(lines[0], "run 7f3a  failed after 13.6 s: " + run.reason);
  EXPECT_THAT(lines, Contains(HasSubstr("746 done, 50 failed (allowed: 1 %)")));
  EXPECT_THAT(
      lines, Contains(HasSubstr(
                 "50  not a JPEG or PNG file: starts with \"<html>\"        e.g. frame_0007.jpg")));
  EXPECT_THAT(lines, Contains(HasSubstr("'summary' did not run")));
  const auto next = next_lines(run);
  EXPECT_THAT(next, Contains(HasSubstr("drover rerun 7f3a --allow-failed 7%")));
  EXPECT_THAT(next, Contains(HasSubstr("drover logs 7f3a frame_0007.jpg")));
}

TEST(RunView, TheEndSaysWhatShareOfSlotTimeWentIntoItems) {
  auto run = half_way();
  run.state = "succeeded";
  run.steps[1].state = "succeeded";
  run.steps[1].item_seconds = 17.6;
  run.steps[1].slot_seconds = 17.75;
  EXPECT_THAT(summary_lines(run, {}, Terminal{}),
              Contains(HasSubstr("57.7 images/s · 99.2 % of slot time spent on images")));

  run.steps[1].item_seconds = 17.8;  // Two clocks measured.
  EXPECT_THAT(summary_lines(run, {}, Terminal{}), Contains(HasSubstr(" · 100.0 % of slot time")));

  run.steps[1].slot_seconds = 0;  // Not known, as after a restart.
  EXPECT_THAT(summary_lines(run, {}, Terminal{}), Not(Contains(HasSubstr("slot time"))));
}

TEST(RunView, InternalWordsNeverAppear) {
  auto run = half_way();
  for (const auto& line : progress_lines(run, Terminal{})) {
    for (const auto* word : {"lease", "segment", "fence", "catalogue"})
      EXPECT_THAT(line, Not(HasSubstr(word)));
  }
}

TEST(Table, LeavesOutColumnsThatAreEmptyThroughout) {
  Table table({"run", "reason", "state"});
  table.add({"7f3a", "", "done"});
  EXPECT_EQ(table.text(), "run   state\n7f3a  done\n");
}

}  // namespace
}  // namespace drover::tools
