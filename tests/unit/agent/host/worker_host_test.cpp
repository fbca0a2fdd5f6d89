#include "agent/host/worker_host.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <thread>

#include "common/types/codec.hpp"
#include "common/types/signature.hpp"

/// The real drover-worker with the built-in libraries, under a real host.
namespace drover::agent {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto deadline = std::chrono::seconds(60);

class WorkerHostTest : public ::testing::Test {
 protected:
  WorkerHostTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("drover-host-test-{}-{}", getpid(), ++tests_)) {
    config_.worker_program = DROVER_WORKER;
    config_.spool_folder = folder_ / "spool";
    config_.cancel_grace = std::chrono::milliseconds(50);
    config_.kill_after = std::chrono::milliseconds(50);
  }
  ~WorkerHostTest() override {
    host_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    auto host = WorkerHost::start(config_, [this](HostEvent event) {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
      arrived_.notify_all();
    });
    ASSERT_TRUE(host) << host.error().context;
    host_ = std::move(*host);
  }
  /// A host with one worker that is ready.
  void start_ready() {
    start();
    host_->start_worker(0);
    const auto ready = next<WorkerReady>();
    for (const auto& text : ready.tasks) {
      const auto signature = parse_signature(text);
      ASSERT_TRUE(signature) << text;
      hashes_[signature->name] = signature_hash(*signature);
    }
    notes_ = ready.notes;
  }
  HostEvent next_event() {
    std::unique_lock lock(mutex_);
    const bool came = arrived_.wait_for(lock, deadline, [&] { return !events_.empty(); });
    if (!came) throw std::runtime_error("nothing happened");
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  template <class E>
  E next() {
    auto event = next_event();
    auto* wanted = std::get_if<E>(&event);
    if (wanted == nullptr) {
      const auto* died = std::get_if<WorkerDied>(&event);
      throw std::runtime_error(fmt::format("event {}: {}", event.index(), died ? died->text : ""));
    }
    return std::move(*wanted);
  }
  std::shared_ptr<wire::Grant> grant(std::string task, std::vector<wire::Argument> arguments,
                                     std::uint64_t items = 1) {
    auto grant = std::make_shared<wire::Grant>();
    grant->lease = {1, ++leases_};
    grant->items = {0, items};
    grant->step_name = "step";
    grant->signature = hashes_[task];
    grant->task = std::move(task);
    grant->arguments = std::move(arguments);
    return grant;
  }
  template <class T>
  static wire::Argument column(const std::vector<T>& values) {
    Columns columns;
    for (const auto& value : values) columns.push_back(encoded(value));
    return {{}, std::move(columns), {}};
  }
  template <class T>
  static wire::Argument constant(const T& value) {
    return {encoded(value), {}, {}};
  }
  static std::vector<std::int64_t> numbers(std::int64_t count) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(i);
    return all;
  }
  /// Outcomes until the lease ended; failures are in failures_.
  std::uint64_t outcomes_until_end() {
    std::uint64_t outcomes = 0;
    while (true) {
      const auto event = next_event();
      if (std::holds_alternative<WorkerLeaseEnded>(event)) return outcomes;
      const auto& part = *std::get<WorkerResults>(event).results;
      EXPECT_EQ(part.first, outcomes);
      outcomes += part.columns.size();
      failures_.insert(failures_.end(), part.failures.begin(), part.failures.end());
    }
  }
  /// Waits until the slot's worker executes something.
  void wait_until_busy() {
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (std::chrono::steady_clock::now() < until) {
      const auto all = host_->progress();
      if (!all.empty() && !all[0].executing.empty()) return;
      std::this_thread::yield();
    }
    throw std::runtime_error("the worker does not begin");
  }

  /// A lease of the task `behave`, an item for each word.
  auto behaving(const std::vector<std::string>& words) {
    return grant(
        "behave",
        {column(words), constant(std::optional<double>()), constant(std::optional<std::string>())},
        words.size());
  }

  /// Runs a lease whose second call does not end, and waits until that one executes: while the
  /// first is prepared a worker can still be stopped.
  std::shared_ptr<const wire::Grant> run_endless() {
    auto endless = behaving({"well", "loop"});
    host_->run(0, endless);
    next<WorkerResults>();
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (std::chrono::steady_clock::now() < until) {
      const auto all = host_->progress();
      if (!all.empty() && all[0].executing == Range{1, 2}) return endless;
      std::this_thread::yield();
    }
    throw std::runtime_error("the second call does not begin");
  }

  static inline int tests_ = 0;
  std::filesystem::path folder_;
  HostConfig config_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<HostEvent> events_;
  std::map<std::string, std::string> hashes_;
  std::vector<std::string> notes_;
  std::vector<wire::ItemFailure> failures_;
  std::uint64_t leases_ = 0;
  std::unique_ptr<WorkerHost> host_;
};

TEST_F(WorkerHostTest, LearnsTheTasksOfAWorker) {
  start_ready();
  EXPECT_EQ(hashes_.count("sequence"), 1U);
  EXPECT_EQ(hashes_.count("noop"), 1U);
}

TEST_F(WorkerHostTest, NotesLibrariesThatDoNotLoad) {
  std::filesystem::create_directories(folder_ / "tasks");
  std::ofstream(folder_ / "tasks" / "libbroken.so") << "this is no library";
  std::filesystem::copy(DROVER_OLD_LIBRARY, folder_ / "tasks" / "libold.so");
  config_.task_folders = {(folder_ / "tasks").string(), (folder_ / "none").string()};
  start_ready();
  EXPECT_THAT(notes_, Contains(StartsWith("libbroken.so not loaded: ")));
  EXPECT_THAT(notes_,
              Contains("libold.so not loaded: built for Drover ABI 0, this is 3; rebuild it"));
  EXPECT_THAT(notes_, Contains(HasSubstr("no tasks loaded from ")));
}

TEST_F(WorkerHostTest, ALibraryThatCrashesWhileItIsLoadedTakesNothingElseAway) {
  std::filesystem::create_directories(folder_ / "tasks");
  std::filesystem::copy(DROVER_CRASHING_LIBRARY, folder_ / "tasks" / "libbad.so");
  std::filesystem::copy(DROVER_CRASHING_LIBRARY, folder_ / "tasks" / "libexits.so");
  config_.task_folders = {(folder_ / "tasks").string()};
  start_ready();
  EXPECT_THAT(notes_,
              ElementsAre("libbad.so not loaded: it crashed: SIGABRT",
                          "libexits.so not loaded: it ended the process, with exit status 0"));
  EXPECT_TRUE(hashes_.contains("noop"));
}

TEST_F(WorkerHostTest, ASymbolThatIsMissingIsNamedAsItIsWritten) {
  std::filesystem::create_directories(folder_ / "tasks");
  std::filesystem::copy(DROVER_UNRESOLVED_LIBRARY, folder_ / "tasks" / "libmine.so");
  config_.task_folders = {(folder_ / "tasks").string()};
  start_ready();
  EXPECT_THAT(notes_, ElementsAre(EndsWith("libmine.so: undefined symbol: helper(int)")));
}

TEST_F(WorkerHostTest, ALibraryThatTakesTooMuchMemoryWhileItIsLoadedEndsItsWorker) {
  std::filesystem::create_directories(folder_ / "tasks");
  std::filesystem::copy(DROVER_CRASHING_LIBRARY, folder_ / "tasks" / "libhungry.so");
  config_.task_folders = {(folder_ / "tasks").string()};
  config_.slot_memory = Bytes{512U << 20U};
  start();
  host_->start_worker(0);
  const auto died = next<WorkerDied>();
  EXPECT_EQ(died.cause, Cause::OutOfMemory);
  EXPECT_THAT(died.text, EndsWith("while it loaded its tasks, its slot has 512.0 MiB"));
}

TEST_F(WorkerHostTest, RefusesLibrariesThatOthersMayWrite) {
  std::filesystem::create_directories(folder_ / "tasks");
  const auto library = folder_ / "tasks" / "libold.so";
  std::filesystem::copy(DROVER_OLD_LIBRARY, library);
  std::filesystem::permissions(library, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  config_.task_folders = {(folder_ / "tasks").string()};
  start_ready();
  EXPECT_THAT(notes_, Contains(HasSubstr("others may write to ")));
}

TEST_F(WorkerHostTest, RunsLeasesOneAfterAnother) {
  start_ready();
  for (int i = 0; i < 3; ++i) {
    host_->run(0, grant("noop", {column(numbers(16384))}, 16384));
    EXPECT_EQ(outcomes_until_end(), 16384U);
  }
  EXPECT_TRUE(failures_.empty());
}

TEST_F(WorkerHostTest, GivesAGrantThatDoesNotFitBackAsFailures) {
  start_ready();
  host_->run(0, grant("noop", {column(numbers(3))}, 2));
  EXPECT_EQ(outcomes_until_end(), 2U);
  ASSERT_EQ(failures_.size(), 2U);
  EXPECT_EQ(failures_[0].cause, Cause::Input);
}

TEST_F(WorkerHostTest, StreamsAListOfTenMillionWithoutHoldingIt) {
  start_ready();
  host_->run(0, grant("sequence", {constant(std::int64_t{10'000'000})}));
  std::uint64_t next_element = 0;
  while (true) {
    const auto event = next_event();
    if (std::holds_alternative<WorkerLeaseEnded>(event)) break;
    if (const auto* results = std::get_if<WorkerResults>(&event)) {
      EXPECT_EQ(results->results->list_size, 10'000'000U);
      continue;
    }
    const auto& chunk = *std::get<WorkerChunk>(event).chunk;
    ASSERT_EQ(chunk.first, next_element);
    next_element += chunk.columns.size();
  }
  EXPECT_EQ(next_element, 10'000'000U);
}

TEST_F(WorkerHostTest, PassesOnTheListThatATaskReads) {
  start_ready();
  wire::Argument list;
  list.list = wire::ListArgument{3, 1, 5};
  host_->run(0, grant("count_succeeded", {list}));
  const auto wanted = next<ChunkWanted>().wanted;
  EXPECT_EQ(wanted.step, 3U);
  EXPECT_EQ(wanted.part, 1U);
  EXPECT_EQ(wanted.first, 0U);
  host_->ask_for_chunks_again();  // The first question may have been lost with its session.
  EXPECT_EQ(next<ChunkWanted>().wanted, wanted);
  wire::Chunk chunk;
  chunk.request = wanted.request;
  chunk.total = 5;
  for (int i = 0; i < 5; ++i) chunk.columns.push_back(encoded(std::int64_t{i}));
  chunk.columns.bytes[2] = packed::nil;
  host_->give_chunk(chunk);
  const auto results = next<WorkerResults>().results;
  EXPECT_EQ(results->columns.bytes, std::string("\x92\x04\x01"));
  next<WorkerLeaseEnded>();
}

TEST_F(WorkerHostTest, TakesNothingWhileItIsHeldAndGoesOnAfterwards) {
  start_ready();
  host_->hold(true);
  host_->run(0, grant("sequence", {constant(std::int64_t{40'000})}));
  wait_until_busy();
  {
    const std::scoped_lock lock(mutex_);
    EXPECT_TRUE(events_.empty());
  }
  host_->hold(false);
  std::uint64_t elements = 0;
  while (true) {
    const auto event = next_event();
    if (std::holds_alternative<WorkerLeaseEnded>(event)) break;
    if (const auto* chunk = std::get_if<WorkerChunk>(&event))
      elements += chunk->chunk->columns.size();
  }
  EXPECT_EQ(elements, 40'000U);
}

TEST_F(WorkerHostTest, SaysWhichCallAWorkerDiedInAndKeepsWhatWasDoneBefore) {
  start_ready();
  host_->run(0, grant("crash_at", {column(numbers(10)), constant(std::int64_t{6})}, 10));
  const auto results = next<WorkerResults>().results;
  EXPECT_EQ(results->columns.size(), 6U);
  const auto died = next<WorkerDied>();
  EXPECT_EQ(died.slot, 0U);
  EXPECT_EQ(died.executing, (Range{6, 7}));
  EXPECT_EQ(died.cause, Cause::Crash);
  EXPECT_EQ(died.text, "worker crashed: SIGSEGV in crash_at while about to crash");

  host_->start_worker(0);
  next<WorkerReady>();
  host_->run(0, grant("noop", {column(numbers(1))}));
  EXPECT_EQ(outcomes_until_end(), 1U);
}

TEST_F(WorkerHostTest, SaysWithWhichStatusAWorkerLeft) {
  start_ready();
  host_->run(0, grant("exit", {column(numbers(1)), constant(std::int64_t{7})}));
  const auto died = next<WorkerDied>();
  EXPECT_EQ(died.text, "worker left with exit status 7 in exit");
  EXPECT_EQ(died.executing, (Range{0, 1}));
}

TEST_F(WorkerHostTest, EndsACallThatIsLongerThanItsTimeout) {
  start_ready();
  auto slow = grant("hang", {column(numbers(2))}, 2);
  slow->timeout_ms = 100;
  host_->run(0, slow);
  const auto died = next<WorkerDied>();
  EXPECT_EQ(died.cause, Cause::Timeout);
  EXPECT_EQ(died.executing, (Range{0, 1}));
  EXPECT_EQ(died.text, "the call ran longer than 0.1 s, its timeout in hang");
  EXPECT_GE(died.seconds, 0.1F);
}

TEST_F(WorkerHostTest, EndsACallThatStreamsAListForLongerThanItsTimeout) {
  start_ready();
  auto endless = grant("sequence", {constant(std::int64_t{1} << 60U)});
  endless->timeout_ms = 200;
  host_->run(0, endless);
  auto event = next_event();
  while (std::holds_alternative<WorkerChunk>(event)) event = next_event();
  ASSERT_TRUE(std::holds_alternative<WorkerDied>(event));
  EXPECT_EQ(std::get<WorkerDied>(event).cause, Cause::Timeout);
}

TEST_F(WorkerHostTest, EndsAWorkerThatHoldsMoreThanItsSlotHas) {
  config_.slot_memory = 400_MiB;
  start_ready();
  host_->run(0, behaving({"well", "hog"}));
  const auto results = next<WorkerResults>().results;  // What was done before counts.
  EXPECT_EQ(results->columns.size(), 1U);
  const auto died = next<WorkerDied>();
  EXPECT_EQ(died.cause, Cause::OutOfMemory);
  EXPECT_EQ(died.executing, (Range{1, 2}));
  EXPECT_THAT(died.text, AllOf(HasSubstr("of memory, its slot has 400"), HasSubstr("in behave")));
}

TEST_F(WorkerHostTest, EndsACancelledLeaseByForceWhereItDoesNotEndByItself) {
  start_ready();
  const auto endless = run_endless();
  host_->stop_lease(0, endless->lease, false);
  EXPECT_THAT(next<WorkerDied>().text, HasSubstr("its run was cancelled"));
}

TEST_F(WorkerHostTest, EndsACancelledLeaseBetweenTwoCalls) {
  config_.cancel_grace = std::chrono::seconds(60);
  start_ready();
  const auto naps = grant("sleep", {column(numbers(16384)), constant(double{1})}, 16384);
  host_->run(0, naps);
  wait_until_busy();
  host_->stop_lease(0, naps->lease, false);
  EXPECT_LT(outcomes_until_end(), 16384U);
}

TEST_F(WorkerHostTest, LetsTheCallOfAReleasedLeaseEndHoweverLongItTakes) {
  config_.cancel_grace = std::chrono::milliseconds(1);
  start_ready();
  const auto naps = grant("sleep", {column(numbers(4)), constant(double{300})}, 4);
  host_->run(0, naps);
  wait_until_busy();
  host_->stop_lease(0, naps->lease, true);
  const auto outcomes = outcomes_until_end();  // None, where it was stopped before its first call.
  EXPECT_LT(outcomes, 4U);
}

TEST_F(WorkerHostTest, ALeaseThatWasReleasedCanStillBeCancelled) {
  start_ready();
  const auto endless = run_endless();
  host_->stop_lease(0, endless->lease, true);
  host_->stop_lease(0, endless->lease, false);
  EXPECT_THAT(next<WorkerDied>().text, HasSubstr("its run was cancelled"));
}

TEST_F(WorkerHostTest, KeepsWhatEachItemWrote) {
  start_ready();
  const std::vector<std::string> texts{"first\n", "", "third, without a newline"};
  const auto printing = grant("print", {column(texts)}, 3);
  host_->run(0, printing);
  EXPECT_EQ(outcomes_until_end(), 3U);
  const auto text = host_->logs().read(printing->lease, 2);
  ASSERT_TRUE(text);
  EXPECT_THAT(text->bytes, HasSubstr("third, without a newline"));
  EXPECT_FALSE(host_->logs().read({9, 9}, 0));
}

TEST_F(WorkerHostTest, KeepsWhatAnItemWroteBeforeItsWorkerDied) {
  start_ready();
  const auto crashing = grant("crash_at", {column(numbers(1)), constant(std::int64_t{0})});
  host_->run(0, crashing);
  next<WorkerDied>();
  const auto text = host_->logs().read(crashing->lease, 0);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->bytes, "item 0 crashes\n");
}

TEST_F(WorkerHostTest, SaysWhyAWorkerCannotBeStarted) {
  config_.worker_program = "/nowhere/drover-worker";
  start();
  host_->start_worker(0);
  EXPECT_THAT(next<WorkerDied>().text, HasSubstr("/nowhere/drover-worker: No such file"));
}

TEST_F(WorkerHostTest, QuotesTheLastWordsOfAWorkerThatDidNotGetReady) {
  config_.worker_program = "/bin/sh";  // takes none of the worker's arguments
  start();
  host_->start_worker(0);
  EXPECT_THAT(next<WorkerDied>().text,
              StartsWith("worker left with exit status 2 before it was ready: "));
}

TEST_F(WorkerHostTest, LeavesNoWorkerBehindWhenItsProcessIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t agent = fork();
  ASSERT_GE(agent, 0);
  if (agent == 0) {
    start();
    host_->start_worker(0);
    next<WorkerReady>();
    [[maybe_unused]] const auto told = write(pipe_ends[1], "r", 1);
    while (true) pause();
  }
  close(pipe_ends[1]);
  char ready = 0;
  ASSERT_EQ(read(pipe_ends[0], &ready, 1), 1);
  std::vector<pid_t> workers;
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", agent))) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) workers.push_back(child);
  }
  ASSERT_EQ(workers.size(), 1U);
  kill(agent, SIGKILL);
  waitpid(agent, nullptr, 0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (kill(workers[0], 0) == 0 && std::chrono::steady_clock::now() < until) {
    // A zombie of an adopted process counts as gone too.
    std::ifstream stat(fmt::format("/proc/{}/stat", workers[0]));
    std::string pid, name, state;
    stat >> pid >> name >> state;
    if (state == "Z" || state.empty()) break;
    std::this_thread::yield();
  }
  std::ifstream stat(fmt::format("/proc/{}/stat", workers[0]));
  std::string pid, name, state;
  stat >> pid >> name >> state;
  EXPECT_THAT(state, AnyOf("", "Z"));
  close(pipe_ends[0]);
}

TEST_F(WorkerHostTest, StopsItsWorkersAndSaysNothingMoreOfThem) {
  start_ready();
  host_->run(0, grant("hang", {column(numbers(1))}));
  wait_until_busy();
  host_->stop_workers();
  host_.reset();
  EXPECT_TRUE(events_.empty());
}

}  // namespace
}  // namespace drover::agent
