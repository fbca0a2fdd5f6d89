#include "agent/host/log_store.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace drover::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr LeaseId lease{1, 7};
constexpr LeaseId later{1, 8};

class LogStoreTest : public ::testing::Test {
 protected:
  LogStoreTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("drover-log-test-{}-{}", getpid(), ++tests_)) {}
  ~LogStoreTest() override {
    logs_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open(LogStore::Limits limits) {
    logs_ = std::move(*LogStore::open(folder_, limits));
    spool_ = *logs_->new_spool(0);
  }
  /// The worker writes; gives the end of the spool.
  std::uint64_t print(const std::string& text) {
    EXPECT_EQ(write(spool_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return static_cast<std::uint64_t>(lseek(spool_, 0, SEEK_END));
  }
  std::string read(const LeaseId& of, ItemIndex item) const {
    const auto text = logs_->read(of, item);
    return text ? text->bytes : "error: " + text.error().context;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  static inline int tests_ = 0;
  std::filesystem::path folder_;
  std::unique_ptr<LogStore> logs_;
  int spool_ = -1;
};

TEST_F(LogStoreTest, GivesEachItemWhatItWrote) {
  open({});
  print("loading\n");
  logs_->begin_lease(0, lease, {10, 13});
  logs_->mark(0, 10, print("ten\n"));
  logs_->mark(0, 11, print(""));
  print("twelve\n");
  logs_->end_lease(0, 13);
  EXPECT_EQ(read(lease, 10), "ten\n");
  EXPECT_EQ(read(lease, 11), "");
  EXPECT_EQ(read(lease, 12), "twelve\n");
  EXPECT_THAT(logs_->read(lease, 10)->note, IsEmpty());
  EXPECT_THAT(read(later, 10), HasSubstr("not kept any more"));
}

TEST_F(LogStoreTest, NamesTheItemsThatShareASlice) {
  open({});
  logs_->begin_lease(0, lease, {10, 20});
  logs_->mark(0, 14, print("some of five\n"));
  logs_->end_lease(0, 20);
  EXPECT_EQ(read(lease, 12), "some of five\n");
  EXPECT_THAT(logs_->read(lease, 12)->note, HasSubstr("items 10 to 14"));
  EXPECT_EQ(read(lease, 15), "");
}

TEST_F(LogStoreTest, ShowsWhatARunningItemWroteSoFar) {
  open({});
  logs_->begin_lease(0, lease, {0, 2});
  print("so far");
  EXPECT_EQ(read(lease, 0), "so far");
  EXPECT_THAT(logs_->read(lease, 0)->note, HasSubstr("not over"));
}

TEST_F(LogStoreTest, TellsAttemptsApart) {
  open({});
  for (const auto& attempt : {lease, later}) {
    logs_->begin_lease(0, attempt, {0, 1});
    print(to_string(attempt));
    logs_->end_lease(0, 1);
  }
  EXPECT_EQ(read(lease, 0), "1.7");
  EXPECT_EQ(read(later, 0), "1.8");
}

TEST_F(LogStoreTest, IgnoresMarksThatMakeNoSense) {
  open({});
  logs_->begin_lease(0, lease, {0, 3});
  logs_->mark(0, 0, print("zero"));
  logs_->mark(0, 9, 2);
  logs_->mark(0, 1, 2);
  logs_->mark(0, 2, 1'000'000);
  logs_->end_lease(0, 3);
  EXPECT_EQ(read(lease, 0), "zero");
  EXPECT_EQ(read(lease, 2), "");
}

TEST_F(LogStoreTest, KeepsBeginningAndEndOfAnAttemptThatWritesMuch) {
  LogStore::Limits limits;
  limits.attempt_bytes = 64U << 10U;
  open(limits);
  logs_->begin_lease(0, lease, {0, 1});
  for (int i = 0; i < 64; ++i) {
    print(fmt::format("begin {}", i) + std::string(64U << 10U, '.'));
    logs_->trim_running(0);
  }
  print("the end");
  logs_->end_lease(0, 1);
  const auto text = logs_->read(lease, 0);
  EXPECT_THAT(text->bytes, ::testing::StartsWith("begin 0."));
  EXPECT_THAT(text->bytes, ::testing::EndsWith("the end"));
  EXPECT_THAT(text->note, HasSubstr("the beginning and the end"));
  EXPECT_LT(text->bytes.size(), 80U << 10U);
  struct stat info {};
  ASSERT_EQ(fstat(spool_, &info), 0);
  EXPECT_LT(info.st_blocks * 512, 512 << 10) << "of 4 MiB that were written";
}

TEST_F(LogStoreTest, DropsTheOldestOutputOfASlotThatHasMuch) {
  LogStore::Limits limits;
  limits.slot_bytes = 1000;
  open(limits);
  logs_->begin_lease(0, lease, {0, 1});
  print(std::string(600, 'a'));
  logs_->end_lease(0, 1);
  logs_->begin_lease(0, later, {0, 1});
  print(std::string(600, 'b'));
  logs_->end_lease(0, 1);
  EXPECT_THAT(read(lease, 0), HasSubstr("not kept any more"));
  EXPECT_EQ(read(later, 0), std::string(600, 'b'));
}

TEST_F(LogStoreTest, KeepsTheSpoolOfAWorkerThatDiedAsLongAsItIsNeeded) {
  LogStore::Limits limits;
  limits.slot_bytes = 1000;
  open(limits);
  logs_->begin_lease(0, lease, {0, 1});
  print("the last words");
  logs_->end_lease(0, 1);
  spool_ = *logs_->new_spool(0);
  EXPECT_EQ(read(lease, 0), "the last words");
  EXPECT_EQ(files(), 2U);
  logs_->begin_lease(0, later, {0, 1});
  print(std::string(1000, 'b'));
  logs_->end_lease(0, 1);
  EXPECT_EQ(files(), 1U);
}

TEST_F(LogStoreTest, RemovesWhatAnEarlierAgentLeft) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "slot-0-9.log") << "old";
  open({});
  EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace drover::agent
