#include "tools/render/copyable.hpp"

#include <gtest/gtest.h>

namespace drover::tools {
namespace {

SchedulerWords in_a_folder() { return {" --state '/tmp/a b'", "", {"up", "down", "show", "logs"}}; }
SchedulerWords at_an_address() {
  return {"", " --address tcp://host-1:7700", {"up", "down", "show", "logs"}};
}

TEST(Copyable, CommandsNameTheSchedulerAsTheCommandLineDid) {
  EXPECT_EQ(copyable("see:  drover logs 7f3a a.jpg   or  drover show 7f3a", in_a_folder()),
            "see:  drover logs --state '/tmp/a b' 7f3a a.jpg   or  drover show --state '/tmp/a b' "
            "7f3a");
  EXPECT_EQ(copyable("drover show", at_an_address()), "drover show --address tcp://host-1:7700");
  EXPECT_EQ(copyable("drover show 7f3a", SchedulerWords{}), "drover show 7f3a");
}

TEST(Copyable, UpAndDownAreAboutAFolderOfThisMachine) {
  EXPECT_EQ(copyable("drover down && drover up", in_a_folder()),
            "drover down --state '/tmp/a b' && drover up --state '/tmp/a b'");
  EXPECT_EQ(copyable("drover down && drover up", at_an_address()), "drover down && drover up");
}

TEST(Copyable, WhatIsNoCommandOfOursStaysAsItIs) {
  for (const auto* text : {"drover call fail", "drover shows", "a drover", "drover", "drover ",
                           "/opt/drover show", "drover is up"}) {
    EXPECT_EQ(copyable(text, in_a_folder()), text);
  }
}

}  // namespace
}  // namespace drover::tools
