#include "tools/bench/bare_loop.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "common/clock.hpp"

namespace drover::bench {
namespace {

/// Two pipes: children say that they are ready on one and start when the other closes.
struct Gate {
  std::array<int, 2> ready{};
  std::array<int, 2> start{};
};

[[noreturn]] void child(
    const Gate& gate, std::uint64_t first, std::uint64_t step,
    const std::function<bool(std::uint64_t, std::uint64_t, const std::function<void()>&)>& work) {
  ::close(gate.start[1]);
  const auto ready = [&gate] {
    const char byte = 1;
    if (::write(gate.ready[1], &byte, 1) != 1) ::_exit(1);
    char end = 0;
    while (::read(gate.start[0], &end, 1) > 0) {
    }
  };
  ::_exit(work(first, step, ready) ? 0 : 1);
}

}  // namespace

Result<double> bare_loop(
    std::uint32_t processes,
    const std::function<bool(std::uint64_t, std::uint64_t, const std::function<void()>&)>& work) {
  Gate gate;
  if (::pipe(gate.ready.data()) != 0 || ::pipe(gate.start.data()) != 0) {
    return fail(ErrorCode::Unavailable, "no pipes");
  }
  std::vector<pid_t> children;
  for (std::uint32_t i = 0; i < processes; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) child(gate, i, processes, work);
    if (pid > 0) children.push_back(pid);
  }
  ::close(gate.ready[1]);
  ::close(gate.start[0]);
  char byte = 0;
  for (std::size_t i = 0; i < children.size() && ::read(gate.ready[0], &byte, 1) == 1; ++i) {
  }
  const Instant begun = monotonic_now();
  ::close(gate.start[1]);
  bool all_worked = children.size() == processes;
  for (const pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    all_worked = all_worked && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  const double seconds = std::chrono::duration<double>(monotonic_now() - begun).count();
  ::close(gate.ready[0]);
  if (!all_worked) return fail(ErrorCode::Failed, "a process of the bare loop failed");
  return seconds;
}

}  // namespace drover::bench
