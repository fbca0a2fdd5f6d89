#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "scheduler/store/checksum_vfs.hpp"
#include "scheduler/store/disk_room.hpp"
#include "store_testing.hpp"

/// The store and its files: who may open them, what a full disk and damage do.
namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << bytes;
}

/// Runs `body` in a child process. It ends by die(), in the midst of everything, as if killed.
template <class Body>
int in_a_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

[[noreturn]] void die(bool content) { ::_exit(content ? 0 : 1); }

TEST(StoreFolder, IsOneProcessesAtATimeAndTheSecondIsToldWhoHasIt) {
  TemporaryFolder folder;
  Store store = must(Store::open(folder.path()));
  const std::string holder = "process " + std::to_string(::getpid());

  const auto begun = std::chrono::steady_clock::now();
  const int verdict = in_a_child([&] {
    const auto second = Store::open(folder.path());
    const std::string text = second ? "" : second.error().context;
    die(!second && second.error().code == ErrorCode::Busy &&
        text.find(folder.path().string()) != std::string::npos &&
        text.find(holder) != std::string::npos);
  });
  EXPECT_EQ(verdict, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
}

TEST(StoreFolder, IsFreeAgainWhenItsHolderIsKilled) {
  TemporaryFolder folder;
  ASSERT_EQ(in_a_child([&] {
              auto store = Store::open(folder.path());
              die(store && store->apply(saves(new_run())));
            }),
            0);
  Store store = must(Store::open(folder.path()));
  EXPECT_EQ(must(store.load(0)).runs.size(), 1U);
}

TEST(StoreFolder, KeepsItsFilesFromOtherUsersAndHasNoSharedMemory) {
  TemporaryFolder folder;
  const fs::path state = folder.path() / "state";
  Store store = must(Store::open(state));
  must(store.apply(saves(new_run())));
  for (const char* name : {"drover.db", "drover.db-wal", "scheduler.lock"}) {
    EXPECT_EQ(fs::status(state / name).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write)
        << name;
  }
  EXPECT_EQ(fs::status(state).permissions() & fs::perms::all, fs::perms::owner_all);
  EXPECT_FALSE(fs::exists(state / "drover.db-shm"));
}

TEST(StoreFolder, ThatCannotBeMadeIsAnError) {
  TemporaryFolder folder;
  write_bytes(folder.path() / "file", "x");
  const auto store = Store::open(folder.path() / "file" / "state");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
}

/// What opening says of a folder that a Drover of that version wrote.
std::string refused_of_version(int version) {
  TemporaryFolder folder;
  { Store store = must(Store::open(folder.path())); }
  const fs::path file = folder.path() / "drover.db";
  {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE, checksum_vfs()), 0);
    EXPECT_EQ(sqlite3_exec(handle,
                           ("PRAGMA locking_mode = EXCLUSIVE; UPDATE store SET version = " +
                            std::to_string(version))
                               .c_str(),
                           nullptr, nullptr, nullptr),
              0);
    sqlite3_close(handle);
  }
  const std::string before = bytes_of(file);
  const auto store = Store::open(folder.path());
  if (store) return "opened";
  EXPECT_EQ(store.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(bytes_of(file), before);
  return store.error().context;
}

TEST(StoreFolder, OfANewerDroverIsLeftAlone) {
  const std::string said = refused_of_version(99);
  EXPECT_THAT(said, HasSubstr("written by a newer Drover (its schema is version 99"));
  EXPECT_THAT(said, HasSubstr("use the Drover that wrote it, or another folder:  --state DIR"));
}

TEST(StoreFolder, OfAnOlderDroverIsLeftAloneAndCalledOlder) {
  const std::string said = refused_of_version(0);
  EXPECT_THAT(said, HasSubstr("written by an older Drover (its schema is version 0"));
  EXPECT_THAT(said, HasSubstr("move its folder away, or use another:  --state DIR"));
}

// ------------------------------------------------------------------ full

/// Fills the store until it says Full. The number of groups that it kept.
std::uint64_t fill(Store& store) {
  for (std::uint64_t group = 0; group < 10'000; ++group) {
    const auto done = store.apply(saves(results(mapping, group * 1000, 1000)));
    if (done) continue;
    EXPECT_EQ(done.error().code, ErrorCode::Full) << done.error().context;
    return group;
  }
  ADD_FAILURE() << "it never became full";
  return 0;
}

TEST(FullDisk, KeepsNothingOfAGroupAndAllBefore) {
  TemporaryFolder folder;
  std::uint64_t kept = 0;
  {
    Store store = must(Store::open(folder.path(), {.durable = false, .max_pages = 60}));
    must(store.apply(saves(new_run(), opening(mapping, 100'000'000))));
    kept = fill(store);
    EXPECT_GT(kept, 10U);
    EXPECT_EQ(must(store.read_list(mapping, Part::Ok, (kept - 1) * 1000)).size(), 1000U);
    EXPECT_THAT(must(store.load(0)).runs.at(0).steps.at(1).done.ranges(),
                ElementsAre(Range{0, kept * 1000}));
  }
  Store roomier = must(Store::open(folder.path()));
  must(roomier.apply(saves(results(mapping, kept * 1000, 1000))));  // the same save again
  EXPECT_THAT(must(roomier.load(0)).runs.at(0).steps.at(1).done.ranges(),
              ElementsAre(Range{0, (kept + 1) * 1000}));
}

/// A file system of 4 MiB in memory.
class SmallDisk {
 public:
  SmallDisk() {
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const fs::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
};

TEST(FullDisk, ThatIsRealCanBeReadAndOpenedAndGoesOnWhenThereIsRoom) {
  SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small tmpfs needs root";
  write_bytes(disk.path() / "ballast", std::string(1 << 20, 'x'));
  std::uint64_t kept = 0;
  ASSERT_EQ(in_a_child([&] {
              Store store = must(Store::open(disk.path() / "state"));
              must(store.apply(saves(new_run(), opening(mapping, 100'000'000))));
              kept = fill(store);
              die(store.read_list(mapping, Part::Ok, (kept - 1) * 1000) && kept < 500);
            }),
            0);

  // Not a byte is left, and the log of the killed process is there still.
  Store store = must(Store::open(disk.path() / "state"));
  kept = must(store.list_size(mapping, Part::Ok)) / 1000;
  EXPECT_GT(kept, 10U);
  EXPECT_EQ(must(store.read_list(mapping, Part::Ok, (kept - 1) * 1000)).size(), 1000U);
  fs::remove(disk.path() / "ballast");
  EXPECT_THAT(must(store.load(0)).runs.at(0).steps.at(1).done.ranges(),
              ElementsAre(Range{0, kept * 1000}));
  must(store.apply(saves(results(mapping, kept * 1000, 1000))));
}

TEST(FullDisk, KeepsPartOfADiskForRunsThatThereAre) {
  constexpr std::uint64_t mib = 1U << 20U;
  EXPECT_EQ(kept_for_results(1000 * 1024 * mib), 256 * mib);
  EXPECT_EQ(kept_for_results(100 * mib), 10 * mib);
}

// ------------------------------------------------------------------ damage

/// A database with something in every table, some of it in the log only.
class DamagedStore : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(
        in_a_child([&] {
          {
            Store store = must(Store::open(folder_.path(), {.durable = false}));
            must(store.apply(saves(new_run(), SaveAgent{agent_1, 1, "host-1"},
                                   SaveTask{"noop", "noop(value: int) -> int"}, opening(listing, 1),
                                   chunk(listing, 0, 9000), SaveList{listing, lease_1, 9000},
                                   results(listing, 0, 1), opening(mapping, 9000))));
            for (std::uint64_t first = 0; first < 8000; first += 400) {
              must(store.apply(saves(
                  results(mapping, first, 390), failure(mapping, first + 395, true),
                  failure(mapping, first + 397, false), SaveEvent{run_1, "something happened"})));
            }
          }
          // Closed and checkpointed; the rest stays in the log.
          Store store = must(Store::open(folder_.path(), {.durable = false}));
          for (std::uint64_t first = 8000; first < 9000; first += 100) {
            must(store.apply(saves(results(mapping, first, 100), SaveEvent{run_1, "late"})));
          }
          die(true);
        }),
        0);
    database_ = bytes_of(file_);
    log_ = bytes_of(log_file_);
    ASSERT_GT(log_.size(), 30'000U);
    ASSERT_GT(database_.size(), 150'000U);
    whole_ = *seen();
  }

  /// All that can be read, as text, or none where an error says that it cannot.
  std::optional<std::string> seen() {
    auto store = Store::open(folder_.path(), {.durable = false});
    opened_ = store.has_value();
    if (!store) return refused(store.error());
    const auto stored = store->load(0);
    if (!stored) return refused(stored.error());
    std::ostringstream text;
    for (const auto& agent : stored->agents) text << agent.name << agent.incarnation;
    for (const auto& task : stored->tasks) text << task;
    for (const auto& run : stored->runs) {
      text << to_string(run.run) << run.spec->text << run.spec->inputs.size();
      for (const auto& step : run.steps) {
        text << step.count << ' ' << step.failed.size() << ' ' << step.charges.size() << ' ';
        for (const Range range : step.done.ranges())
          text << range.first << '-' << range.last << ' ';
      }
    }
    for (const StepRef step : {listing, mapping}) {
      for (std::uint64_t first = 0; first < 9000; first += 1000) {
        const auto values = store->read_list(step, Part::All, first, {1000, 1 << 20});
        if (!values) return refused(values.error());
        text << values->bytes;
      }
    }
    const auto failed = store->read_list(mapping, Part::Failed, 0);
    if (!failed) return refused(failed.error());
    const auto events = store->events(run_1);
    if (!events) return refused(events.error());
    text << failed->bytes << events->size();
    return text.str();
  }

  std::nullopt_t refused(const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::Invalid) << error.context;
    EXPECT_THAT(error.context, HasSubstr("drover.db"));
    EXPECT_THAT(error.context, HasSubstr("overwritten"));
    return std::nullopt;
  }

  /// Looks at a damaged database. It must be an error, which leaves the file alone where it shows
  /// at the opening, or else everything that was ever in it must be there (the damaged page was
  /// free, or its newest content stands in the log).
  bool is_found(const std::string& broken) { return is_found(broken, log_); }
  bool is_found(const std::string& broken, const std::string& log) {
    restore(broken, log);
    const auto text = seen();
    EXPECT_TRUE(!text || *text == whole_) << "silent damage";
    EXPECT_TRUE(opened_ || bytes_of(file_) == broken) << "something was overwritten";
    return !text;
  }

  void restore(const std::string& database, const std::string& log) {
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path());
    write_bytes(file_, database);
    write_bytes(log_file_, log);
  }

  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "drover.db";
  fs::path log_file_ = folder_.path() / "drover.db-wal";
  std::string database_, log_, whole_;
  bool opened_ = false;  // Was the damage found only later, if at all?
};

TEST_F(DamagedStore, ByFlippedBitsIsFoundOrHarmless) {
  int found = 0;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    std::string broken = database_;
    for (std::uint32_t i = 0; i < 1 + seed % 3; ++i) {
      broken[random() % broken.size()] ^= static_cast<char>(1U << random() % 8);
    }
    found += is_found(broken) ? 1 : 0;
  }
  EXPECT_GT(found, 30);
}

TEST_F(DamagedStore, InItsHeaderIsFound) {
  for (std::size_t at = 0; at < 100; ++at) {
    std::string broken = database_;
    broken[at] ^= 0x15;
    EXPECT_TRUE(is_found(broken)) << "byte " << at;
  }
}

TEST_F(DamagedStore, ByTruncationIsFoundOrHarmless) {
  std::mt19937 random(3);
  int found = 0;
  for (int round = 0; round < 30; ++round) {
    const std::size_t length = round == 0   ? 0
                               : round == 1 ? database_.size() - 1
                               : round == 2 ? page_bytes
                                            : random() % database_.size();
    found += is_found(database_.substr(0, length)) ? 1 : 0;
  }
  EXPECT_GT(found, 20);
}

TEST_F(DamagedStore, ByBlankOrSwappedPagesIsFoundOrHarmless) {
  const std::size_t pages = database_.size() / page_bytes;
  int found = 0;
  for (std::size_t page = 0; page < pages; ++page) {
    std::string broken = database_;
    broken.replace(page * page_bytes, page_bytes, page_bytes, '\0');
    found += is_found(broken) ? 1 : 0;

    broken = database_;
    broken.replace(page * page_bytes, page_bytes,
                   database_.substr((page + 1) % pages * page_bytes, page_bytes));
    found += is_found(broken) ? 1 : 0;
  }
  EXPECT_GT(found, static_cast<int>(pages));
}

TEST_F(DamagedStore, ByFlippedBitsInTheLogIsFoundBeforeTheLastCommits) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    std::string broken = log_;
    // Of ten commits of about three pages each, the first seven; and always once the log's header.
    broken[seed == 0 ? 20 : random() % (log_.size() * 7 / 10)] ^= 0x10;
    EXPECT_TRUE(is_found(database_, broken)) << "seed " << seed;
    EXPECT_FALSE(opened_);
    EXPECT_EQ(bytes_of(log_file_), broken) << "seed " << seed;
  }
}

TEST_F(DamagedStore, ByACommitThatAPowerCutInterruptedIsNotDamagedButWithoutIt) {
  restore(database_, log_.substr(0, log_.size() - 5000));
  EXPECT_NE(seen(), std::nullopt);
  restore(database_, log_.substr(0, log_.size() - 5000));
  Store store = must(Store::open(folder_.path()));
  EXPECT_EQ(must(store.load(0)).runs.at(0).steps.at(1).done.ranges().back(), (Range{8000, 8900}));
}

TEST_F(DamagedStore, WhoseDatabaseIsGoneWhileItsLogIsThereIsNotTakenForANewOne) {
  restore("", log_);
  fs::remove(file_);
  const auto store = Store::open(folder_.path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Invalid);
  EXPECT_EQ(bytes_of(log_file_), log_);
}

}  // namespace
}  // namespace drover::scheduler
