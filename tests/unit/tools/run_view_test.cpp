#include "tools/render/run_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/runs.hpp"
#include "tools/render/live_lines.hpp"
#include "tools/render/next_commands.hpp"
#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

TEST(RunView, TheTimeLeftIsThatOfTheSlotsThatItHasNow) {
  auto run = half_way();
  run.steps[1].seconds += 600;  // It waited for its slots that long.
  run.steps[1].slot_seconds = 17.7;
  run.steps[1].slots_in_use = 2;
  EXPECT_THAT(progress_lines(run, window(120)).at(2), HasSubstr("~5 s left"));
  run.steps[1].slots_in_use = 1;
  EXPECT_THAT(progress_lines(run, window(120)).at(2), HasSubstr("~10 s left"));
}

TEST(RunView, NoLineIsWiderThanTheTerminalAndWhatFailedIsNeverCut) {
  for (const std::size_t width : {40U, 60U, 80U, 120U}) {
    const auto lines = progress_lines(half_way(), window(width));
    for (const auto& line : lines) EXPECT_LT(width_of(line), width) << line;
    EXPECT_THAT(lines[2], HasSubstr("512/796")) << width;
    EXPECT_THAT(lines[2], HasSubstr("1 failed")) << width;
  }
}

TEST(RunView, ANarrowTerminalLosesTheRateThenTheTimeThenPartsOfTheBar) {
  const auto line_at = [](std::size_t width) {
    return progress_lines(half_way(), window(width)).at(2);
  };
  EXPECT_THAT(line_at(120), HasSubstr("57.8/s   ~5 s left   1 failed   2 of 2 slots busy"));
  EXPECT_THAT(line_at(80), HasSubstr("512/796   ~5 s left   1 failed"));
  EXPECT_THAT(line_at(80), HasSubstr("█████████████████ "));
  EXPECT_THAT(line_at(60), HasSubstr("512/796   1 failed"));
  EXPECT_THAT(line_at(60), Not(HasSubstr("█████████████████")));
  EXPECT_THAT(line_at(60), HasSubstr("███"));
}

TEST(RunView, ALongNameOfAStepLeavesRoomForItsNumbers) {
  auto run = half_way();
  run.steps[1].name = "detections_of_every_camera_in_the_town";
  EXPECT_THAT(progress_lines(run, window(40)).at(2), HasSubstr("1 failed"));
}

TEST(RunView, WhyAStepWaitsIsToldEvenWhereTheWindowIsNarrow) {
  auto run = half_way();
  run.steps[1].reason = "waits: the disk is full";
  EXPECT_THAT(progress_lines(run, window(80)).at(2), HasSubstr("waits: the disk is full"));
}

TEST(LiveLines, WhatIsShownIsTakenAwayAlsoAfterTheWindowWasMadeNarrower) {
  LiveLines lines;
  EXPECT_EQ(lines.show({"\033[32mten cells.\033[0m", ""}, 80), "\033[32mten cells.\033[0m\n\n");
  EXPECT_EQ(lines.show({"new"}, 80), "\033[2F\033[K\n\033[K\n\033[2Fnew\n");
  lines.show({"ten cells.", "ten cells, and more"}, 80);
  EXPECT_EQ(lines.clear(10), "\033[3F\033[K\n\033[K\n\033[K\n\033[3F");
  EXPECT_EQ(lines.clear(10), "");
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
  EXPECT_THAT(lines, Contains("  not run    summary"));
  const auto next = next_lines(next_commands(run), Terminal{});
  EXPECT_THAT(next, Contains(HasSubstr("drover rerun 7f3a --allow-failed 7%")));
  EXPECT_THAT(next, Contains(HasSubstr("drover logs 7f3a frame_0007.jpg")));
}

TEST(RunView, AStepThatNeverBeganDidNotRunWhateverItsKind) {
  const auto lines = show_lines(without_a_list(), Terminal{});
  EXPECT_THAT(lines, Contains("  not run    detections and summary"));
  EXPECT_THAT(lines, Contains("  detections  did not run"));
  EXPECT_THAT(lines, Contains("  summary     did not run"));
}

TEST(RunView, LinesThatStayBreakAtBlanksOnATerminalAndNeverInAPipe) {
  auto run = half_way();
  run.state = "failed";
  run.reason = "step 'detections': 50 of 796 images failed, allowed 1 % (7)";
  run.steps[1].state = "failed";
  run.steps[1].failed = 50;
  wire::FailureGroup group;
  group.step = "detections";
  group.count = 50;
  for (int i = 0; i < 30; ++i) group.text += "word" + std::to_string(i) + " ";
  group.example_key = "frame_0007.jpg";
  run.failures = {group};
  for (const std::size_t width : {40U, 60U, 80U, 120U}) {
    std::string all;
    for (const auto& line : summary_lines(run, {}, window(width))) {
      EXPECT_LE(width_of(line), width) << line;
      all += line + "\n";
    }
    for (int i = 0; i < 30; ++i) EXPECT_THAT(all, HasSubstr("word" + std::to_string(i)));
    if (width < 60) continue;  // A command stays whole, to be copied.
    for (const auto& line : next_lines(next_commands(run), window(width)))
      EXPECT_LE(width_of(line), width) << line;
  }
  EXPECT_THAT(summary_lines(run, {}, Terminal{}), Contains(HasSubstr(group.text)));
}

TEST(RunView, ARateIsLeftOutWhereNoItemRan) {
  auto run = half_way();
  run.steps[1].failed = 0;
  run.steps[1].done = run.steps[1].kept = 512;
  Terminal plain;
  plain.width = 120;
  EXPECT_THAT(progress_lines(run, plain)[2], HasSubstr("512/796   2 of 2 slots busy"));
  auto later = run;
  later.steps[1].done = later.steps[1].kept = 600;
  EXPECT_THAT(progress_report(run, later), ElementsAre("detections: 600/796"));
}

TEST(RunView, OfARerunTheFoldersOfWhatItKeepsAreNamedOnceEach) {
  auto run = half_way();
  run.results = "/r/cccc";
  run.steps[1].kept_in = {"/r/bbbb", "/r/aaaa"};
  run.steps[2].kept_in = {"/r/aaaa"};
  std::vector<std::string> kept;
  for (const auto& line : show_lines(run, Terminal{})) {
    if (line.starts_with("  kept")) kept.push_back(line);
  }
  EXPECT_THAT(kept, ElementsAre("  kept       /r/bbbb   of items that were done before",
                                "  kept       /r/aaaa   of items that were done before"));
}

TEST(RunView, TheEndTellsTheLargestKindsOfFailuresAndShowTellsAll) {
  auto run = half_way();
  run.state = "failed";
  for (int kind = 0; kind < 11; ++kind) {
    wire::FailureGroup group;
    group.step = "detections";
    group.count = 1;
    group.text = "kind " + std::string(1, static_cast<char>('a' + kind));
    run.failures.push_back(group);
  }
  const auto end = summary_lines(run, {}, Terminal{});
  EXPECT_THAT(end, Contains(HasSubstr("… 3 more kinds:  drover show 7f3a")));
  EXPECT_THAT(end, Not(Contains(HasSubstr("kind k"))));
  const auto shown = show_lines(run, Terminal{});
  EXPECT_THAT(shown, Contains(HasSubstr("kind k")));
  EXPECT_THAT(shown, Not(Contains(HasSubstr("more kinds"))));
}

TEST(RunView, AStepThatRunsOnceHasItsReasonInTheHeadAndNoIndex) {
  const auto run = without_a_list();
  const auto lines = summary_lines(run, {}, Terminal{});
  EXPECT_THAT(lines[0], HasSubstr("step 'listing': /data/x does not exist on host-1"));
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_THAT(lines[i], Not(HasSubstr("/data/x")));
  const auto next = next_lines(next_commands(run), Terminal{});
  EXPECT_THAT(next[0], HasSubstr("drover logs 7f3a listing "));
  EXPECT_THAT(next[1], HasSubstr("drover rerun 7f3a "));
}

TEST(RunView, StepsGoByTheirNamesWhereMoreThanOneMaps) {
  auto run = half_way();
  run.state = "succeeded";
  run.steps[1].state = "succeeded";
  run.steps[2] = run.steps[1];
  run.steps[2].name = "crops";
  run.steps[2].failed = 2;
  wire::FailureGroup group;
  group.step = "crops";
  group.count = 2;
  group.text = "two\nlines";
  group.example_key = "a b.jpg";
  run.failures = {group};
  const auto lines = summary_lines(run, {}, Terminal{});
  EXPECT_THAT(lines, Contains(HasSubstr("  detections 511 done, 1 failed")));
  EXPECT_THAT(lines, Contains(HasSubstr("  crops      511 done, 2 failed")));
  EXPECT_THAT(lines, Contains(HasSubstr("crops: two ⏎ lines        e.g. a b.jpg")));
  const auto next = next_lines(next_commands(run), Terminal{});
  EXPECT_THAT(next[0], HasSubstr("drover logs 7f3a 'a b.jpg' --step crops "));
  EXPECT_THAT(next, Contains(HasSubstr("only these 3, 1,022 results kept")));
}

TEST(RunView, ACancelledStepSaysHowMuchIsDone) {
  auto run = half_way();
  run.state = "cancelled";
  run.steps[1].state = "cancelled";
  run.steps[1].reason = "cancelled";
  run.steps[1].failed = 0;
  run.steps[1].cancelled = 285;
  run.steps[2].state = "cancelled";
  run.steps[2].opened_ms = 1;
  run.steps[2].reason = "cancelled";
  const auto lines = show_lines(run, Terminal{});
  EXPECT_THAT(lines, Contains(HasSubstr("images     511 done, 285 not done")));
  EXPECT_THAT(lines, Contains(HasSubstr("detections  cancelled  511 done, 285 not")));
  EXPECT_THAT(lines, Contains(testing::EndsWith("summary     cancelled")));
}

/// A run whose maps nobody can run.
wire::RunStatus standing() {
  auto run = half_way();
  run.steps[1].done = 0;
  run.steps[1].failed = 0;
  run.steps[1].slots_in_use = 0;
  run.steps[1].reason =
      "no agent offers detect (last seen on a-machine-with-a-long-name, which is away)";
  return run;
}

TEST(RunView, APipeIsToldOnceWhyNothingRunsAndAgainWhenThatChanges) {
  const auto run = standing();
  auto before = run;
  before.steps[1].reason.clear();
  EXPECT_THAT(progress_report({}, run),
              Contains("detections: 0/796   waits: " + run.steps[1].reason));
  EXPECT_THAT(progress_report(before, run),
              ElementsAre("detections: 0/796   waits: " + run.steps[1].reason));
  EXPECT_TRUE(progress_report(run, run).empty());

  auto later = run;
  later.steps[1].reason = "waits for host-1 to come back after the restart, 9 s at most";
  EXPECT_THAT(progress_report(run, later),
              ElementsAre("detections: 0/796   waits: " + later.steps[1].reason));
  auto counted_down = later;
  counted_down.steps[1].reason = "waits for host-1 to come back after the restart, 7 s at most";
  EXPECT_TRUE(progress_report(later, counted_down).empty());
}

TEST(RunView, EventsInARowThatDifferInNumbersOnlyAreToldOnceInAPipe) {
  auto before = half_way();
  before.events = {{1, "host slot 0: died of SIGSEGV"}};
  auto run = before;
  run.events = {{1, "host slot 0: died of SIGSEGV"},
                {2, "host slot 1: died of SIGSEGV"},
                {3, "host is lost"},
                {4, "host slot 1: died of SIGSEGV"},
                {5, "host slot 0: died of SIGSEGV"},
                {6, "host slot 0: died of SIGILL"}};
  EXPECT_THAT(
      progress_report(before, run),
      ElementsAre("host is lost", "host slot 1: died of SIGSEGV", "host slot 0: died of SIGILL"));
}

TEST(RunView, APlainStepThatNobodyCanRunSaysWhyInAPipeToo) {
  auto before = half_way();
  before.steps[0].state = "running";
  auto run = before;
  run.steps[0].reason = "no agent is connected";
  EXPECT_THAT(progress_report(before, run), ElementsAre("listing: waits: no agent is connected"));
}

TEST(RunView, WhyNothingRunsIsSeenWholeInATerminal) {
  Terminal narrow;
  narrow.live = true;
  narrow.width = 60;
  std::string seen;
  for (const auto& line : progress_lines(standing(), narrow)) {
    EXPECT_LT(width_of(line), narrow.width) << line;
    seen += line.substr(line.find_first_not_of(' ')) + " ";
  }
  EXPECT_THAT(seen, HasSubstr("detections  0/796   waits: " + standing().steps[1].reason));
  EXPECT_THAT(seen, Not(HasSubstr("…")));
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

  run.steps[1].item_seconds = 0.008;  // Less than what is shown of it.
  EXPECT_THAT(summary_lines(run, {}, Terminal{}), Not(Contains(HasSubstr("slot time"))));

  run.steps[1].slot_seconds = 0;  // Not known, as after a restart.
  EXPECT_THAT(summary_lines(run, {}, Terminal{}), Not(Contains(HasSubstr("slot time"))));
}

TEST(RunView, AListThatIsEmptyIsToldWithItsReasonOnTheWayAndAtTheEnd) {
  auto run = half_way();
  run.steps[0].list_size = 0;
  run.steps[0].reason = "list_objects gave an empty list for prefix /in, suffixes .jpg and .png";
  run.steps[1].state = "succeeded";
  run.steps[1].total = run.steps[1].done = run.steps[1].failed = 0;
  const std::string told = "0 images: " + run.steps[0].reason;
  EXPECT_THAT(progress_report({}, run), Contains("listing: succeeded " + told));
  EXPECT_THAT(summary_lines(run, {}, Terminal{}), Contains("  listing    " + told));
  Terminal narrow = window(60);
  narrow.colour = false;
  std::string seen;
  for (const auto& line : progress_lines(run, narrow)) {
    EXPECT_LT(width_of(line), narrow.width) << line;
    seen += line.substr(line.find_first_not_of(' ')) + " ";
  }
  EXPECT_THAT(seen, HasSubstr(told));
}

TEST(RunView, InternalWordsNeverAppear) {
  auto run = half_way();
  for (const auto& line : progress_lines(run, Terminal{})) {
    for (const auto* word : {"lease", "segment", "fence", "catalogue"})
      EXPECT_THAT(line, Not(HasSubstr(word)));
  }
}

}  // namespace
}  // namespace drover::tools
