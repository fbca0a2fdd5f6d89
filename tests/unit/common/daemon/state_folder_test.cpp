#include "common/daemon/state_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace drover::daemon {
namespace {

TEST(StateFolder, IsWhatTheEnvironmentSaysTheNearestFirst) {
  ::setenv("HOME", "/home/ada", 1);
  ::unsetenv("XDG_STATE_HOME");
  ::unsetenv("DROVER_STATE");
  EXPECT_EQ(default_state_folder(), "/home/ada/.local/state/drover");
  ::setenv("XDG_STATE_HOME", "/var/state", 1);
  EXPECT_EQ(default_state_folder(), "/var/state/drover");
  ::setenv("DROVER_STATE", "/src/drover/demo/state", 1);
  EXPECT_EQ(default_state_folder(), "/src/drover/demo/state");
  ::setenv("DROVER_STATE", "", 1);
  EXPECT_EQ(default_state_folder(), "/var/state/drover");
}

TEST(AbsoluteFolder, IsWrittenAsPeopleDo) {
  EXPECT_EQ(absolute_folder("/a/b/."), "/a/b");
  EXPECT_EQ(absolute_folder("/a/./b/../c/"), "/a/c");
  EXPECT_EQ(absolute_folder("/"), "/");
  EXPECT_EQ(absolute_folder("x"), (std::filesystem::current_path() / "x").string());
}

}  // namespace
}  // namespace drover::daemon
