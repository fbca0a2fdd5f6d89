// The example library, built by its own CMakeLists.txt against find_package(Drover).

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/worker/call_task.hpp"
#include "common/types/codec.hpp"
#include "common/types/json.hpp"

namespace drover::worker {
namespace {

class WordCountExample : public ::testing::Test {
 protected:
  WordCountExample()
      : file_(std::filesystem::temp_directory_path() / fmt::format("drover-words-{}", getpid())) {
    std::ofstream(file_) << "one two\nthree\n";
    tasks_.load_folder(DROVER_WORD_COUNT);
  }
  ~WordCountExample() override { std::filesystem::remove(file_); }

  std::string call(const char* task, const std::map<std::string, std::string>& arguments) {
    const auto value = call_task(tasks_, task, arguments, {});
    if (!value) return value.error().context;
    return *to_json_text(*value, tasks_.find(task)->signature.returns);
  }

  std::filesystem::path file_;
  TaskSet tasks_;
};

TEST_F(WordCountExample, LoadsWithoutANote) {
  EXPECT_THAT(tasks_.notes(), ::testing::IsEmpty());
  EXPECT_THAT(tasks_.signatures(), ::testing::SizeIs(3));
}

TEST_F(WordCountExample, RunsAFunctionAClassAndAReduction) {
  const auto file = encoded(Uri{file_.string()});
  EXPECT_EQ(call("count_words", {{"file", file}}), R"({"lines":2,"words":3})");
  EXPECT_EQ(call("count_words", {{"file", encoded(Uri{"/none"})}}), "/none cannot be opened");
  EXPECT_EQ(call("is_known", {{"dictionary", file}, {"word", encoded(std::string("two"))}}),
            "true");
  EXPECT_EQ(call("is_known", {{"dictionary", file}, {"word", encoded(std::string("ten"))}}),
            "false");
  const auto counts = *from_json_text(R"([{"lines":2,"words":3},null,{"lines":1,"words":1}])",
                                      tasks_.find("total")->signature.args[0].type);
  EXPECT_EQ(call("total", {{"counts", counts}}), R"({"lines":3,"words":4})");
}

}  // namespace
}  // namespace drover::worker
