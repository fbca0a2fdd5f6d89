#include "agent/host/marked_processes.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

#include "agent/host/unique_fd.hpp"

namespace drover::agent {
namespace {

bool has_environment(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
  return file.get() != std::char_traits<char>::eof();
}

/// `sleep 1000` with this in its environment. posix_spawn() returns a moment before it is there.
pid_t sleeper(std::string environment) {
  std::string program = "/bin/sleep";
  std::string seconds = "1000";
  std::array<char*, 3> argv{program.data(), seconds.data(), nullptr};
  std::array<char*, 2> variables{environment.data(), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv.data(), variables.data()), 0);
  while (!has_environment(pid)) std::this_thread::yield();
  return pid;
}

/// The signal that ended the child; 0 where it lives still, after which it is killed.
int ended_by(pid_t child, int within_ms) {
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  pollfd look{pidfd.get(), POLLIN, 0};
  const bool ended = poll(&look, 1, within_ms) == 1;
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return ended && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

std::string mark_of(int number) {
  return mark_prefix("/data/spool-" + std::to_string(getpid())) + std::to_string(number) + ";";
}

TEST(MarkedProcesses, AreKilledAndNobodyElse) {
  const pid_t marked = sleeper(mark_of(1));
  const pid_t of_another_worker = sleeper(mark_of(12));
  const pid_t mentioned = sleeper("NOTE=" + mark_of(1));
  EXPECT_EQ(kill_marked(mark_of(1)), 1U);
  EXPECT_EQ(ended_by(marked, 60'000), SIGKILL);
  EXPECT_EQ(ended_by(of_another_worker, 50), 0);
  EXPECT_EQ(ended_by(mentioned, 50), 0);
}

TEST(MarkedProcesses, OfAllWorkersOfAnAgentAreFoundByTheirPrefix) {
  const pid_t first = sleeper(mark_of(1));
  const pid_t second = sleeper(mark_of(2));
  EXPECT_EQ(kill_marked(mark_prefix("/data/spool-" + std::to_string(getpid()))), 2U);
  EXPECT_EQ(ended_by(first, 60'000), SIGKILL);
  EXPECT_EQ(ended_by(second, 60'000), SIGKILL);
}

TEST(MarkedProcesses, MayBeNone) { EXPECT_EQ(kill_marked(mark_of(7)), 0U); }

}  // namespace
}  // namespace drover::agent
