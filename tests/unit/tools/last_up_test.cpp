#include "tools/cli/last_up.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::filesystem::path here = std::filesystem::temp_directory_path();

UpOptions last_options() {
  UpOptions options;
  options.slots = 3;
  options.tasks = {here, "/nowhere/at/all"};
  return options;
}

TEST(LastUp, WhatIsNotSaidIsAsLastTimeAndIsTold) {
  std::vector<std::string> told;
  const auto options = as_last_time({}, kept_text(last_options()), told);
  EXPECT_EQ(options.slots, 3U);
  EXPECT_THAT(options.tasks, ElementsAre(here));
  EXPECT_THAT(told, ElementsAre("--slots 3, as last time; another number takes its place",
                                "--tasks " + here.string() + ", as last time",
                                "--tasks /nowhere/at/all of last time is left out: the folder is "
                                "gone",
                                "  without it:  drover down && drover up --no-tasks"));
}

TEST(LastUp, OfSeveralFoldersTheWayOutIsToldOnce) {
  std::vector<std::string> told;
  UpOptions last;
  last.tasks = {here, here.root_path()};
  as_last_time({}, kept_text(last), told);
  EXPECT_THAT(told, ElementsAre(HasSubstr("as last time"), HasSubstr("as last time"),
                                "  without them:  drover down && drover up --no-tasks"));
}

TEST(LastUp, WhatIsSaidCounts) {
  std::vector<std::string> told;
  UpOptions asked;
  asked.slots = 1;
  asked.no_tasks = true;
  const auto options = as_last_time(asked, kept_text(last_options()), told);
  EXPECT_EQ(options.slots, 1U);
  EXPECT_THAT(options.tasks, IsEmpty());
  EXPECT_THAT(told, IsEmpty());
}

TEST(LastUp, AFirstTimeAndABrokenFileAreNone) {
  for (const std::string kept : {"", "[", "[1]", R"({"slots": "many", "tasks": 3})"}) {
    std::vector<std::string> told;
    const auto options = as_last_time({}, kept, told);
    EXPECT_FALSE(options.slots) << kept;
    EXPECT_THAT(options.tasks, IsEmpty()) << kept;
    EXPECT_THAT(told, IsEmpty()) << kept;
  }
}

}  // namespace
}  // namespace drover::tools
