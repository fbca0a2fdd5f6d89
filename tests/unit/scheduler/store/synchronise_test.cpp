#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store_testing.hpp"

/// What the store asks of the disk. These two stand in for the C library's in this program.
namespace {
int synchronised = 0;
int broken_from = 0;  // This call and all later ones fail; 0: none.

int synchronise(long call, int descriptor) {
  ++synchronised;
  if (broken_from != 0 && synchronised >= broken_from) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(call, descriptor));
}
}  // namespace

extern "C" int fsync(int descriptor) { return synchronise(SYS_fsync, descriptor); }
extern "C" int fdatasync(int descriptor) { return synchronise(SYS_fdatasync, descriptor); }

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;

TEST(StoreSynchronises, OncePerGroupOfSaves) {
  TemporaryFolder folder;
  Store store = must(Store::open(folder.path()));
  must(store.apply(saves(new_run(), opening(mapping, 1'000'000))));
  synchronised = 0;
  for (std::uint64_t group = 0; group < 20; ++group) {
    must(
        store.apply(saves(results(mapping, group * 100, 50), results(mapping, group * 100 + 50, 50),
                          SaveTask{"noop", "noop() -> int"})));
  }
  EXPECT_EQ(synchronised, 20);
}

TEST(StoreSynchronises, NeverWhereItNeedNotBeDurable) {
  TemporaryFolder folder;
  synchronised = 0;
  Store store = must(Store::open(folder.path(), {.durable = false}));
  must(store.apply(saves(new_run(), opening(mapping, 1000), results(mapping, 0, 1000))));
  EXPECT_EQ(synchronised, 0);
}

TEST(StoreSynchronises, AndADiskThatFailsToIsAnErrorThatIsNotFull) {
  TemporaryFolder folder;
  Store store = must(Store::open(folder.path()));
  must(store.apply(saves(new_run())));
  synchronised = 0;
  broken_from = 1;
  const auto done = store.apply(saves(new_run(run_2)));
  broken_from = 0;
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Internal) << done.error().context;
}

/// The log is copied into the database now and then; an error of that copy must not be lost either.
TEST(StoreSynchronises, AndADiskThatFailsWhileTheLogIsCopiedIsAnErrorToo) {
  TemporaryFolder folder;
  Store store = must(Store::open(folder.path()));
  must(store.apply(saves(new_run(), opening(mapping, 100'000'000))));
  std::uint64_t first = 0;
  const auto large_group = [&] {
    std::vector<Save> group;
    for (int i = 0; i < 400; ++i, first += 16'000) {
      group.push_back({1, results(mapping, first, 16'000)});
    }
    return group;
  };
  Result<void> done;
  for (int i = 0; i < 40 && done; ++i) {
    const auto group = large_group();
    synchronised = 0;
    broken_from = 2;  // The first is the commit's own.
    done = store.apply(group);
    broken_from = 0;
  }
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Internal) << done.error().context;
}

}  // namespace
}  // namespace drover::scheduler
