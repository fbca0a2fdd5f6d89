#include "agent/tasks/testing/misbehaviour.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

#include "common/check.hpp"

namespace drover::tasks {
namespace {

/// Never gives memory back.
void hog() {
  std::vector<std::string> held;
  while (true) {
    held.emplace_back(std::size_t{32} << 20U, 'x');
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

void behave_as(const std::string& word) {
  if (word == "segfault") std::raise(SIGSEGV);
  if (word == "abort") std::abort();
  if (word == "exit") _exit(0);
  if (word == "loop") {
    for (volatile bool on = true; on;) continue;
  }
  if (word == "hog") hog();
}

void Journal::begin_call(const Context& context) const {
  std::string lines;
  for (std::size_t i = 0; i < context.items(); ++i) lines += fmt::format("{}\n", context.index(i));
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  CHECK(file >= 0, "{} cannot be opened", path_);
  const auto written = ::write(file, lines.data(), lines.size());
  CHECK(written == static_cast<ssize_t>(lines.size()), "{} cannot be written", path_);
  ::close(file);
}

}  // namespace drover::tasks
