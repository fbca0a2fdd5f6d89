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

/// Never gives memory back.
void hog() {
  std::vector<std::string> held;
  while (true) {
    held.emplace_back(std::size_t{32} << 20U, 'x');
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string behave_as(const std::string& how) {
  if (how == "segfault") std::raise(SIGSEGV);
  if (how == "abort") std::abort();
  if (how == "exit") _exit(0);
  if (how == "loop") {
    for (volatile bool on = true; on;) continue;
  }
  if (how == "hog") hog();
  return how;
}

/// Each item says how it behaves: `segfault`, `abort`, `exit`, `loop`, `hog`; any other word is
/// given back.
std::vector<Result<std::string>> behave(std::span<const std::string> how) {
  std::vector<Result<std::string>> all;
  for (const auto& each : how) all.emplace_back(behave_as(each));
  return all;
}
DROVER_TASK(behave, how);

/// Writes `text` as it is to stdout.
std::int64_t print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return static_cast<std::int64_t>(text.size());
}
DROVER_TASK(print, text);

}  // namespace
}  // namespace drover::tasks
