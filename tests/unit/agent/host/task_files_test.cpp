#include "agent/host/task_files.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace drover::agent {
namespace {

namespace fs = std::filesystem;

class TaskFilesTest : public ::testing::Test {
 protected:
  TaskFilesTest()
      : folder_(fs::temp_directory_path() / fmt::format("drover-task-files-{}", getpid())) {
    fs::create_directories(folder_);
    write("a.so", "one");
    write("tasks.yaml", "tasks:");
    write("program.py", "print()");
    write("notes.txt", "anything");
    files_.watch_folder(folder_);
    files_.watch_file(folder_ / "program.py");
  }
  ~TaskFilesTest() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  fs::path folder_;
  TaskFiles files_;
};

TEST_F(TaskFilesTest, SeesThatALibraryWasWrittenAnew) {
  EXPECT_FALSE(files_.changed());
  write("a.so", "another");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, SeesAFileOfTheSameSizeThatTookThePlaceOfAnother) {
  write("b.tmp", "two");
  fs::rename(folder_ / "b.tmp", folder_ / "a.so");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, SeesThatOthersMayNotWriteToItAnyMore) {
  for (const fs::path& path : {folder_ / "a.so", folder_}) {
    fs::permissions(path, fs::perms::others_write, fs::perm_options::add);
    EXPECT_TRUE(files_.changed());
    files_.settled();
    EXPECT_TRUE(files_.settled());
    fs::permissions(path, fs::perms::others_write, fs::perm_options::remove);
    EXPECT_TRUE(files_.changed());
  }
}

TEST_F(TaskFilesTest, SeesWhatIsNewAndWhatIsGone) {
  write("more.yml", "tasks:");
  EXPECT_TRUE(files_.changed());
  fs::remove(folder_ / "more.yml");
  EXPECT_FALSE(files_.changed());
  fs::remove(folder_ / "tasks.yaml");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, SeesAProgramThatADescriptionNamesAndNothingElse) {
  write("notes.txt", "something else");
  EXPECT_FALSE(files_.changed());
  write("program.py", "print(1)");
  EXPECT_TRUE(files_.changed());
}

TEST_F(TaskFilesTest, AChangeIsSettledOnceNothingIsWrittenAnyMore) {
  write("a.so", "half");
  EXPECT_FALSE(files_.settled());
  write("a.so", "half, and the other half");
  EXPECT_FALSE(files_.settled());
  EXPECT_TRUE(files_.changed());
  EXPECT_TRUE(files_.settled());
  EXPECT_FALSE(files_.changed());
}

}  // namespace
}  // namespace drover::agent
