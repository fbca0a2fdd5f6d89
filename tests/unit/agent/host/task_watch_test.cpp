#include "agent/host/task_watch.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/host/marked_processes.hpp"
#include "common/clock.hpp"

/// Files of tasks change under a real drover-worker.
namespace drover::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr const char* description = R"(
tasks:
  look:
    command: [python3, look.py]
    args: {{image: uri}}
    returns: {}
)";

class TaskWatchTest : public ::testing::Test {
 protected:
  TaskWatchTest()
      : folder_(fs::temp_directory_path() / fmt::format("drover-task-watch-{}", getpid())) {
    fs::create_directories(folder_);
    write("look.py", "pass");
    returns("int");
    watch_.emplace(
        std::vector<std::string>{folder_.string()}, ready_within_,
        [this](Instant give_up_at) {
          ++probes_;
          return TaskProbe::start(worker_, {folder_.string()},
                                  mark_prefix(folder_) + fmt::format("{};", probes_), memory_,
                                  give_up_at);
        },
        [this](auto told) { told_.push_back(std::move(told)); });
  }
  ~TaskWatchTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  void returns(const std::string& type) const {
    write("tasks.yaml", fmt::format(fmt::runtime(description), type));
  }

  /// A script in place of drover-worker.
  void use_worker(const std::string& script) {
    write("worker", script);
    worker_ = folder_ / "worker";
    fs::permissions(worker_, fs::perms::owner_all);
  }

  /// The host's loop, until something is told or `time` is over.
  void turn(std::chrono::seconds time) {
    const Instant until = monotonic_now() + time;
    while (told_.empty() && monotonic_now() < until) {
      const TaskProbe* probe = watch_->probe();
      std::array<pollfd, 3> files{{{watch_->notices().get(), POLLIN, 0},
                                   {probe != nullptr ? probe->socket() : -1, POLLIN, 0},
                                   {probe != nullptr ? probe->process() : -1, POLLIN, 0}}};
      poll(files.data(), files.size(), 20);
      const Instant now = monotonic_now();
      if (files[0].revents != 0) watch_->on_notices(now);
      if (files[1].revents != 0) watch_->on_probe_readable();
      if (files[2].revents != 0) watch_->on_probe_exit(now);
      watch_->on_tick(now);
    }
  }
  template <class Told>
  Told next() {
    turn(60s);
    if (told_.empty() || !std::holds_alternative<Told>(told_.front()))
      throw std::runtime_error("something else was told, or nothing");
    Told told = std::get<Told>(std::move(told_.front()));
    told_.erase(told_.begin());
    return told;
  }

  fs::path folder_;
  fs::path worker_ = DROVER_WORKER;
  Duration ready_within_ = 60s;
  Bytes memory_{~0ULL};
  int probes_ = 0;
  std::vector<std::variant<TasksTouched, TasksBuilt>> told_;
  std::optional<TaskWatch> watch_;
};

TEST_F(TaskWatchTest, TellsAtOnceThatTasksAreBuiltAnewAndThenWhatTheyAre) {
  turn(1s);
  EXPECT_THAT(told_, IsEmpty());
  returns("str");
  watch_->on_notices(monotonic_now());
  EXPECT_EQ(told_.size(), 1U) << "the kernel has told of it by the time that the writer goes on";
  next<TasksTouched>();
  const auto built = next<TasksBuilt>();
  EXPECT_THAT(built.tasks, Contains("look(image: uri) -> str"));
  EXPECT_THAT(built.notes, IsEmpty());
}

TEST_F(TaskWatchTest, LooksAtProgramsThatDescriptionsName) {
  write("look.py", "print()");
  turn(2s);
  EXPECT_THAT(told_, IsEmpty()) << "nobody has told of it yet";
  watch_->watch_programs({(folder_ / "look.py").string()});
  write("look.py", "print(1)");
  next<TasksTouched>();
  next<TasksBuilt>();
}

TEST_F(TaskWatchTest, SeesAtOnceThatItsFolderWasReplaced) {
  for (const char* type : {"str", "float", "bool"}) {
    const fs::path other = folder_.string() + "-new";
    fs::create_directories(other);
    fs::rename(folder_, folder_.string() + "-old");
    fs::rename(other, folder_);
    returns(type);
    watch_->on_notices(monotonic_now());
    EXPECT_EQ(told_.size(), 1U);
    next<TasksTouched>();
    EXPECT_THAT(next<TasksBuilt>().tasks, Contains(fmt::format("look(image: uri) -> {}", type)));
    fs::remove_all(folder_.string() + "-old");
  }
}

TEST_F(TaskWatchTest, AsksAgainWhereWhomItAskedWasKilled) {
  returns("str");
  next<TasksTouched>();
  while (watch_->probe() == nullptr) watch_->on_tick(monotonic_now());
  kill_marked(mark_prefix(folder_));
  EXPECT_THAT(next<TasksBuilt>().tasks, Contains("look(image: uri) -> str"));
  EXPECT_EQ(probes_, 2);
}

TEST_F(TaskWatchTest, DoesNotWaitForOneThatHangsOverWhatIsMendedByNow) {
  use_worker("#!/bin/sh\nexec sleep 600\n");
  returns("str");
  next<TasksTouched>();
  while (watch_->probe() == nullptr) watch_->on_tick(monotonic_now());
  worker_ = DROVER_WORKER;
  returns("float");
  next<TasksTouched>();
  EXPECT_THAT(next<TasksBuilt>().tasks, Contains("look(image: uri) -> float"));
}

TEST_F(TaskWatchTest, SeesWhatTheKernelDoesNotTell) {
  returns("str");
  while (told_.empty()) {
    watch_->on_tick(monotonic_now());
    usleep(10'000);
  }
  next<TasksTouched>();
}

TEST_F(TaskWatchTest, AsksAgainWhereTheyChangeWhileItAsks) {
  returns("str");
  next<TasksTouched>();
  while (watch_->probe() == nullptr) turn(0s), watch_->on_tick(monotonic_now());
  returns("float");
  const auto built = [&] {
    while (true) {
      turn(60s);
      const auto told = std::move(told_.front());
      told_.clear();
      if (const auto* is = std::get_if<TasksBuilt>(&told)) return *is;
    }
  }();
  EXPECT_THAT(built.tasks, Contains("look(image: uri) -> float"));
  EXPECT_EQ(probes_, 2);
}

TEST_F(TaskWatchTest, SaysWhyThereAreNoneWhereTheWorkerDiesOverThem) {
  use_worker("#!/bin/sh\necho 'the model is missing'\nkill -SEGV $$\n");
  returns("str");
  next<TasksTouched>();
  const auto built = next<TasksBuilt>();
  EXPECT_THAT(built.tasks, IsEmpty());
  EXPECT_THAT(built.notes,
              ElementsAre("no tasks loaded: a worker that loaded them crashed: SIGSEGV: "
                          "the model is missing"));
}

/// Memory that the output of a probe takes, and all that was written to it.
std::pair<std::uint64_t, std::uint64_t> output_of_probe() {
  for (const auto& open : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(open, gone).string().find("drover-task-probe") == std::string::npos)
      continue;
    struct stat info {};
    if (stat(open.path().c_str(), &info) != 0) continue;
    return {static_cast<std::uint64_t>(info.st_blocks) * 512,
            static_cast<std::uint64_t>(info.st_size)};
  }
  return {0, 0};
}

TEST_F(TaskWatchTest, KeepsTheEndOfWhatAWorkerPrintsWithoutEnd) {
  use_worker("#!/bin/sh\nhead -c 8000000 /dev/zero\nexec sleep 600\n");
  returns("str");
  next<TasksTouched>();
  while (output_of_probe().second < 8'000'000) turn(0s), watch_->on_tick(monotonic_now());
  watch_->on_tick(monotonic_now());
  EXPECT_LT(output_of_probe().first, 128U << 10U);
}

TEST_F(TaskWatchTest, SaysSoWhereTheWorkerTakesMoreMemoryThanASlotHas) {
  memory_ = Bytes{64U << 20U};
  use_worker(
      "#!/bin/sh\nexec python3 -c 'import time; held = b\"x\" * (256 << 20); time.sleep(600)'\n");
  returns("str");
  next<TasksTouched>();
  EXPECT_THAT(next<TasksBuilt>().notes, ElementsAre(HasSubstr("of memory, a slot has 64.0 MiB")));
}

TEST_F(TaskWatchTest, SaysSoWhereTheWorkerDoesNotGetReady) {
  use_worker("#!/bin/sh\nexec sleep 600\n");
  watch_.emplace(
      std::vector<std::string>{folder_.string()}, 100ms,
      [this](Instant give_up_at) {
        return TaskProbe::start(worker_, {}, mark_prefix(folder_) + "1;", memory_, give_up_at);
      },
      [this](auto told) { told_.push_back(std::move(told)); });
  returns("str");
  next<TasksTouched>();
  EXPECT_THAT(next<TasksBuilt>().notes, ElementsAre(HasSubstr("did not get ready in time")));
}

}  // namespace
}  // namespace drover::agent
