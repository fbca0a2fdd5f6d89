#include "agent/worker/trial_load.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace drover::worker {
namespace {

constexpr unsigned longest_load_s = 60;

[[noreturn]] void load(const std::filesystem::path& library) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(longest_load_s);
  dlopen(std::filesystem::absolute(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  _exit(0);  // Without what it would do at an exit.
}

std::string how(int status) {
  if (WIFEXITED(status))
    return fmt::format("it ended the process, with exit status {}", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  if (signal == SIGALRM) return fmt::format("it took longer than {} s", longest_load_s);
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? fmt::format("it crashed: SIG{}", name)
                         : fmt::format("it crashed: signal {}", signal);
}

}  // namespace

Result<void> trial_load(const std::filesystem::path& library) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0)
    return fail(ErrorCode::Unavailable,
                fmt::format("no process to try it in: {}", std::strerror(errno)));
  if (child == 0) load(library);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorCode::Invalid, how(status));
}

}  // namespace drover::worker
