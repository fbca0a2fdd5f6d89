#include "tools/render/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/runs.hpp"

namespace drover::tools {
namespace {

TEST(Table, LeavesOutColumnsThatAreEmptyThroughout) {
  Table table({"run", "reason", "state"});
  table.add({"7f3a", "", "done"});
  EXPECT_EQ(table.text(Terminal{}), "run   state\n7f3a  done\n");
}

Table of_items(const std::string& key) {
  Table table({"item", "state", "image", "reason"});
  table.add({"0", "done", "a.jpg", ""});
  table.add({"12", "failed", key, "not a JPEG or PNG file: starts with something else"});
  return table;
}

TEST(Table, ProseGoesOnBelowItselfWhereATerminalIsNarrow) {
  const Table table = of_items("b.jpg");
  EXPECT_EQ(table.text(window(58)),
            "item  state   image  reason\n"
            "0     done    a.jpg\n"
            "12    failed  b.jpg  not a JPEG or PNG file: starts with\n"
            "                     something else\n");
  EXPECT_THAT(table.text(Terminal{}), testing::HasSubstr("b.jpg  not a JPEG or PNG file: starts "
                                                         "with something else\n"));
}

TEST(Table, WhereThereIsNoRoomBesideProseHasLinesOfItsOwnAndPathsShowTheirEnds) {
  EXPECT_EQ(of_items("/data/of/the/street/camera/b.jpg").text(window(40)),
            "item  state   image\n"
            "    reason\n"
            "0     done    a.jpg\n"
            "12    failed  …the/street/camera/b.jpg\n"
            "    not a JPEG or PNG file: starts with\n"
            "    something else\n");
}

TEST(Table, AWordAtTheEndStaysOnTheLine) {
  Table table({"run", "workflow", "items", "by"});
  table.add({"7f3a", "detection-of-everything", "796/796, 12 failed", "ann@host"});
  EXPECT_EQ(table.text(window(56)),
            "run   workflow              items               by\n"
            "7f3a  …ction-of-everything  796/796, 12 failed  ann@host\n");
  EXPECT_EQ(table.text(window(46)),
            "run   workflow      items             by\n"
            "7f3a  …-everything  …/796, 12 failed  ann@host\n");
}

}  // namespace
}  // namespace drover::tools
