#include "agent/host/log_store.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

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
    std::filesystem::remove_all(killed_);
  }
  /// What a kill leaves: another agent goes on from a copy of the folder as it is now.
  void kill_and_open(LogStore::Limits limits = {}) {
    std::filesystem::remove_all(killed_);
    std::filesystem::copy(folder_, killed_);
    logs_.reset();
    std::filesystem::remove_all(folder_);
    std::filesystem::rename(killed_, folder_);
    open(limits);
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
        std::count_if(std::filesystem::directory_iterator(folder_), {},
                      [](const auto& entry) { return entry.path().extension() == ".log"; }));
  }
  std::filesystem::path index() const { return folder_ / "index"; }

  static inline int tests_ = 0;
  std::filesystem::path folder_;
  std::filesystem::path killed_ = folder_.string() + "-killed";
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

TEST_F(LogStoreTest, BoundsWhatAWorkerPrintsBeforeItsFirstLease) {
  LogStore::Limits limits;
  limits.attempt_bytes = 64U << 10U;
  open(limits);
  for (int i = 0; i < 64; ++i) {
    print(std::string(64U << 10U, '.'));
    logs_->trim_start(0);
  }
  print("the end");
  struct stat info {};
  ASSERT_EQ(fstat(spool_, &info), 0);
  EXPECT_LT(info.st_blocks * 512, 512 << 10) << "of 4 MiB that were written";
  EXPECT_EQ(logs_->last_words(0, 7), "the end");
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

TEST_F(LogStoreTest, KnowsAfterAKillWhatWasWrittenBefore) {
  open({});
  print("loading\n");
  logs_->begin_lease(0, lease, {10, 13});
  logs_->mark(0, 10, print("ten\n"));
  logs_->mark(0, 11, print(""));
  print("twelve\n");
  logs_->end_lease(0, 13);
  print("nobody's\n");
  logs_->begin_lease(0, later, {20, 30});
  logs_->mark(0, 20, print("twenty\n"));
  logs_->flush();
  print("not marked\n");
  for (int kills = 0; kills < 3; ++kills) {
    kill_and_open();
    EXPECT_EQ(read(lease, 10), "ten\n");
    EXPECT_EQ(read(lease, 11), "");
    EXPECT_EQ(read(lease, 12), "twelve\n");
    EXPECT_EQ(read(later, 20), "twenty\n");
    EXPECT_EQ(read(later, 21), "not marked\n");
    EXPECT_THAT(logs_->read(later, 21)->note, HasSubstr("items 21 to 29"));
    EXPECT_THAT(read({1, 9}, 0), HasSubstr("not kept any more"));
    EXPECT_EQ(files(), 2U) << "the old spool, and the new worker's";
  }
}

TEST_F(LogStoreTest, KnowsAfterACleanStopWhatWasWrittenBefore) {
  open({});
  logs_->begin_lease(0, lease, {0, 2});
  logs_->mark(0, 0, print("zero\n"));
  logs_->end_lease(0, 2);
  print("the worker leaves\n");
  logs_.reset();
  open({});
  EXPECT_EQ(read(lease, 0), "zero\n");
  EXPECT_EQ(read(lease, 1), "");
  logs_->begin_lease(0, later, {0, 1});
  print("more\n");
  logs_->end_lease(0, 1);
  logs_.reset();
  open({});
  EXPECT_EQ(read(lease, 0), "zero\n");
  EXPECT_EQ(read(later, 0), "more\n");
}

TEST_F(LogStoreTest, DropsTheTornEndOfItsIndexAndGoesOnBehindTheRest) {
  const auto cut = [this](std::uintmax_t bytes) {
    std::filesystem::resize_file(index(), std::filesystem::file_size(index()) - bytes);
  };
  const auto flip = [this](std::streamoff from_end) {
    std::fstream file(index(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-from_end, std::ios::end);
    const int byte = file.peek();
    file.seekp(-from_end, std::ios::end);
    file.put(static_cast<char>(byte ^ 1));
  };
  const std::function<void()> damages[] = {[&] { cut(1); }, [&] { cut(73); }, [&] { flip(100); }};
  for (const auto& damage : damages) {
    open({});
    for (const auto& attempt : {lease, later}) {
      logs_->begin_lease(0, attempt, {0, 1});
      print(to_string(attempt));
      logs_->end_lease(0, 1);
    }
    logs_.reset();
    damage();
    open({});
    logs_->begin_lease(0, {1, 9}, {0, 1});
    print("after");
    logs_->end_lease(0, 1);
    logs_->flush();
    kill_and_open();
    EXPECT_EQ(read({1, 9}, 0), "after");
    EXPECT_EQ(read(lease, 0), "1.7");
    EXPECT_EQ(read(later, 0), "1.8") << "of which the beginning is known";
    logs_.reset();
    std::filesystem::remove_all(folder_);
  }
}

TEST_F(LogStoreTest, DoesNotBelieveAnIndexThatSaysMoreThanTheSpoolHas) {
  open({});
  logs_->begin_lease(0, lease, {0, 1});
  print("lost with the machine");
  logs_->end_lease(0, 1);
  logs_.reset();
  std::filesystem::resize_file(folder_ / "slot-0-1.log", 4);
  open({});
  EXPECT_THAT(read(lease, 0), HasSubstr("not kept any more"));
  EXPECT_EQ(files(), 1U);
}

TEST_F(LogStoreTest, KeepsItsBoundsOverRestarts) {
  LogStore::Limits limits;
  limits.slot_spools = 3;
  for (std::uint64_t start = 1; start <= 6; ++start) {
    open(limits);
    logs_->begin_lease(0, {1, start}, {0, 1});
    print(fmt::format("start {}", start));
    logs_->end_lease(0, 1);
    logs_.reset();
  }
  open(limits);
  EXPECT_THAT(read({1, 3}, 0), HasSubstr("not kept any more"));
  for (std::uint64_t start = 4; start <= 6; ++start) {
    EXPECT_EQ(read({1, start}, 0), fmt::format("start {}", start));
  }
  EXPECT_EQ(files(), 4U);
}

TEST_F(LogStoreTest, ItsIndexDoesNotGrowForEver) {
  open({});
  logs_->begin_lease(0, lease, {0, 1});
  print("first");
  logs_->end_lease(0, 1);
  for (std::uint64_t number = 8; number < 150'000; ++number) {
    logs_->begin_lease(0, {1, number}, {0, 1});
    logs_->end_lease(0, 1);
    logs_->flush();
  }
  EXPECT_LT(std::filesystem::file_size(index()), 8U << 20U) << "of 21 MiB that were written";
  kill_and_open();
  EXPECT_EQ(read(lease, 0), "first");
  EXPECT_EQ(read({1, 100'000}, 0), "");
}

TEST_F(LogStoreTest, RemovesFilesThatNobodyKnows) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "slot-0-9.log") << "old";
  open({});
  EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace drover::agent
