#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "store_testing.hpp"

/// A disk that fails at any one of its calls, tears a write, or loses power together with what was
/// not synchronised. The functions below stand in for the C library's in this program.
namespace {

enum class Breaks : std::uint8_t {
  Never,
  WithAnError,       ///< This call fails, and all that follow.
  InTheMiddle,       ///< Of this write half is done, then the power fails.
  WithItsCache,      ///< The power fails; what was not synchronised is there or not.
  WithHalfItsCache,  ///< The same, and what is there may be there by half.
};

struct Write {
  off_t at = 0;
  std::vector<char> before;
  off_t size_before = 0;
};

struct Disk {
  Breaks breaks = Breaks::Never;
  std::uint64_t at_call = 0;
  std::uint64_t calls = 0;
  std::map<int, std::vector<Write>> cache;  ///< By descriptor: what is not synchronised yet.
  std::mt19937_64 random{1};
};
Disk disk;  // NOLINT: the stand-ins have no other way to it

ssize_t write_now(int descriptor, const void* bytes, size_t count, off_t at) {
  return ::syscall(SYS_pwrite64, descriptor, bytes, count, at);
}

off_t size_of(int descriptor) {
  struct stat file {};
  fstat(descriptor, &file);
  return file.st_size;
}

void remember(int descriptor, off_t at, size_t count) {
  Write write{at, std::vector<char>(count), size_of(descriptor)};
  const auto old = ::syscall(SYS_pread64, descriptor, write.before.data(), count, at);
  write.before.resize(old > 0 ? static_cast<size_t>(old) : 0);
  disk.cache[descriptor].push_back(std::move(write));
}

/// Undoes writes that were not synchronised, the newest first. Of those that stay only half may be
/// there, in sectors.
void lose_cache(bool by_half) {
  constexpr size_t sector = 512;
  for (auto& [descriptor, writes] : disk.cache) {
    for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
      const bool whole = disk.random() % 2 == 0;
      if (whole && !by_half) continue;
      const size_t kept =
          by_half && whole ? disk.random() % (write->before.size() / sector + 1) * sector : 0;
      if (kept < write->before.size())
        write_now(descriptor, write->before.data() + kept, write->before.size() - kept,
                  write->at + static_cast<off_t>(kept));
      if (!whole && write->size_before < size_of(descriptor)) {
        [[maybe_unused]] const auto cut = ::syscall(SYS_ftruncate, descriptor, write->size_before);
      }
    }
  }
}

/// True where this call fails. Where the power fails it does not return.
bool fails(int descriptor, const void* bytes = nullptr, size_t count = 0, off_t at = 0) {
  const bool now = ++disk.calls == disk.at_call;
  if (disk.breaks == Breaks::Never || disk.calls < disk.at_call) return false;
  if (disk.breaks == Breaks::WithAnError) {
    errno = EIO;
    return true;
  }
  if (!now) return false;
  if (bytes != nullptr) write_now(descriptor, bytes, count / 2, at);
  if (disk.breaks != Breaks::InTheMiddle) lose_cache(disk.breaks == Breaks::WithHalfItsCache);
  _exit(0);
}

/// What is synchronised can only be lost by undoing it here: the real disk need not be waited for.
int synchronise(int descriptor) {
  if (fails(descriptor)) return -1;
  disk.cache.erase(descriptor);
  return 0;
}

}  // namespace

extern "C" ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off_t at) {
  if (fails(descriptor, bytes, count, at)) return -1;
  if (disk.breaks >= Breaks::WithItsCache) remember(descriptor, at, count);
  return write_now(descriptor, bytes, count, at);
}
extern "C" int ftruncate64(int descriptor, off_t size) noexcept {
  if (fails(descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}
extern "C" int fsync(int descriptor) { return synchronise(descriptor); }
extern "C" int fdatasync(int descriptor) { return synchronise(descriptor); }

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;

constexpr std::uint64_t groups_a_life = 6;
constexpr std::uint64_t lives = 2;
constexpr std::uint64_t items_a_group = 3000;

/// What a process that may end at any moment has been told.
struct Told {
  bool run = false;          ///< The run is durable.
  std::uint64_t groups = 0;  ///< So many groups of results are.
  std::uint64_t calls = 0;   ///< Of the disk, in all; where nothing broke.
};

/// Two lives of a scheduler: each opens the store, saves a few groups and closes it, which copies
/// the log into the database. Ends where the store says that the disk is broken, as droverd does.
void live_twice(const std::filesystem::path& folder, Told& told) {
  for (std::uint64_t life = 0; life < lives; ++life) {
    auto store = Store::open(folder);
    if (!store || !store->load(0)) return;
    if (life == 0) {
      if (!store->apply(saves(new_run(), opening(mapping, 1'000'000)))) return;
      told.run = true;
    }
    for (std::uint64_t i = 0; i < groups_a_life; ++i) {
      const auto group = life * groups_a_life + i;
      const ItemIndex first = group * items_a_group;
      const ItemIndex bad = 500'000 + group;
      if (!store->apply(saves(results(mapping, first, items_a_group), failure(mapping, bad, true))))
        return;
      told.groups = group + 1;
    }
  }
  told.calls = disk.calls;
}

/// The same in a process of its own, with a disk that breaks at that call.
Told live_with(const std::filesystem::path& folder, Breaks breaks, std::uint64_t at_call) {
  void* page =
      mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Told& told = *new (page) Told;
  const pid_t child = fork();
  if (child == 0) {
    disk = Disk{breaks, at_call, 0, {}, std::mt19937_64(at_call)};
    live_twice(folder, told);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  const Told said = told;
  munmap(page, sizeof(Told));
  return said;
}

class BrokenDisk : public ::testing::TestWithParam<Breaks> {};

TEST_P(BrokenDisk, LosesNothingThatWasToldAndKeepsNoHalfOfAGroup) {
  TemporaryFolder whole;
  const std::uint64_t calls = live_with(whole.path(), Breaks::Never, 0).calls;
  ASSERT_GT(calls, 50U);
  std::uint64_t reopened = 0;
  for (std::uint64_t at = 1; at <= calls; ++at) {
    TemporaryFolder folder;
    const Told told = live_with(folder.path(), GetParam(), at);
    auto store = Store::open(folder.path());
    ASSERT_TRUE(store) << "call " << at << " of " << calls << ": " << store.error().context;
    const auto found = must(store->load(0));
    if (found.runs.empty()) {
      ASSERT_FALSE(told.run) << "call " << at << ": the run is lost";
      continue;
    }
    ++reopened;
    const StoredStep& step = found.runs.at(0).steps.at(1);
    const std::uint64_t groups = step.done.size() / items_a_group;
    EXPECT_EQ(step.done, IntervalSet({Range{0, groups * items_a_group}})) << "call " << at;
    EXPECT_EQ(step.failed.size(), groups) << "call " << at << ": half of a group";
    EXPECT_GE(groups, told.groups) << "call " << at;
    EXPECT_LE(groups, told.groups + 1) << "call " << at;
    const auto values =
        must(store->read_list(mapping, Part::All, 0, ReadLimit{groups * items_a_group, 1U << 30U}));
    EXPECT_EQ(values.size(), groups * items_a_group) << "call " << at;
  }
  EXPECT_GT(reopened, calls / 2);
}

std::string name_of(const ::testing::TestParamInfo<Breaks>& info) {
  constexpr std::array names{"Never", "WithAnError", "InTheMiddle", "WithItsCache",
                             "WithHalfItsCache"};
  return names.at(static_cast<std::size_t>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Each, BrokenDisk,
                         ::testing::Values(Breaks::WithAnError, Breaks::InTheMiddle,
                                           Breaks::WithItsCache, Breaks::WithHalfItsCache),
                         name_of);

}  // namespace
}  // namespace drover::scheduler
