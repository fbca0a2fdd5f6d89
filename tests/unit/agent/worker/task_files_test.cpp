#include "agent/worker/task_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_folder.hpp"

namespace drover::worker {
namespace {

namespace fs = std::filesystem;

class TaskFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("a.so", "one");
    write("tasks.yaml", "tasks:");
    write("program.py", "print()");
    write("notes.txt", "anything");
    files_.watch_folder(folder_.path());
    files_.watch_file(folder_.path() / "program.py");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name) << text;
  }

  testing::ScratchFolder folder_;
  TaskFiles files_;
};

TEST_F(TaskFilesTest, SeesThatALibraryWasWrittenAnew) {
  EXPECT_FALSE(files_.changed());
  write("a.so", "another");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, SeesAFileOfTheSameSizeThatTookThePlaceOfAnother) {
  write("b.tmp", "two");
  fs::rename(folder_.path() / "b.tmp", folder_.path() / "a.so");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, SeesWhatIsNewAndWhatIsGone) {
  write("more.yml", "tasks:");
  EXPECT_TRUE(files_.changed());
  fs::remove(folder_.path() / "more.yml");
  EXPECT_FALSE(files_.changed());
  fs::remove(folder_.path() / "tasks.yaml");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, SeesAProgramThatADescriptionNamesAndNothingElse) {
  write("notes.txt", "something else");
  EXPECT_FALSE(files_.changed());
  write("program.py", "print(1)");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, AChangeIsSettledOnceNothingIsWrittenAnyMore) {
  EXPECT_FALSE(files_.settled_change());
  write("a.so", "half");
  EXPECT_FALSE(files_.settled_change());
  write("a.so", "half, and the other half");
  EXPECT_FALSE(files_.settled_change());
  EXPECT_TRUE(files_.settled_change());
}

}  // namespace
}  // namespace drover::worker
