// Tasks for tests and benchmarks, most of which misbehave.

#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "agent/tasks/testing/misbehaviour.hpp"
#include "drover/task.hpp"

namespace drover::tasks {
namespace {

std::int64_t noop(std::int64_t value) { return value; }
DROVER_TASK(noop, value);

/// Gives its values back, a batch in one call; for benchmarks of batches.
std::vector<Result<std::int64_t>> noop_batch(std::span<const std::int64_t> values) {
  return {values.begin(), values.end()};
}
DROVER_TASK(noop_batch, values);

std::int64_t sleep(std::int64_t value, double milliseconds) {
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(milliseconds));
  return value;
}
DROVER_TASK(sleep, value, milliseconds);

Result<std::int64_t> fail(std::int64_t value, const std::optional<std::string>& message) {
  return failed(message.value_or(fmt::format("item {} failed, as it was told to", value)));
}
DROVER_TASK(fail, value, message);

/// Dies of a signal.
std::int64_t crash(std::int64_t value) {
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
  return value;
}
DROVER_TASK(crash, value);

/// Gives its values back up to `item`, where it says so and dies of a signal.
std::int64_t crash_at(std::int64_t value, std::int64_t item, Context& context) {
  if (value != item) return value;
  std::printf("item %lld crashes\n", static_cast<long long>(item));
  context.phase("about to crash");
  return crash(value);
}
DROVER_TASK(crash_at, value, item);

/// Ends the worker without a result.
std::int64_t exit(std::int64_t value, std::optional<std::int64_t> status) {
  _exit(static_cast<int>(status.value_or(0)));
  return value;
}
DROVER_TASK(exit, value, status);

/// Touches so much memory, then gives it back.
Result<std::int64_t> allocate(std::int64_t mebibytes) {
  const auto size = static_cast<std::size_t>(mebibytes) << 20U;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* bytes = static_cast<volatile char*>(memory);
  for (std::size_t at = 0; at < size; at += 4096) bytes[at] = 1;
  munmap(memory, size);
  return mebibytes;
}
DROVER_TASK(allocate, mebibytes);

/// Does not return, whatever happens.
std::int64_t hang(std::int64_t value) {
  std::signal(SIGTERM, SIG_IGN);
  while (true) pause();
  return value;
}
DROVER_TASK(hang, value);

/// Each item says how it behaves: a word of behave_as(), where any other is given back after so
/// many `milliseconds`. Calls are noted in `journal`.
class Behave {
 public:
  Behave(std::optional<double> milliseconds, const std::optional<std::string>& journal)
      : pause_(milliseconds.value_or(0)) {
    if (journal) journal_.emplace(*journal);
  }

  std::vector<Result<std::string>> operator()(std::span<const std::string> how, Context& context) {
    if (journal_) journal_->begin_call(context);
    std::vector<Result<std::string>> all;
    for (const auto& each : how) {
      behave_as(each);
      if (pause_.count() > 0) std::this_thread::sleep_for(pause_);
      all.emplace_back(each);
    }
    return all;
  }

 private:
  std::chrono::duration<double, std::milli> pause_;
  std::optional<Journal> journal_;
};
DROVER_TASK_CLASS(behave, Behave,
                  (std::optional<double> milliseconds, std::optional<std::string> journal), (how));

/// Writes `text` as it is to stdout.
std::int64_t print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return static_cast<std::int64_t>(text.size());
}
DROVER_TASK(print, text);

}  // namespace
}  // namespace drover::tasks
