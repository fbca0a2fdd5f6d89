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

#include "agent/worker/signal_name.hpp"

namespace drover::worker {
namespace {

constexpr unsigned longest_load_s = 60;
constexpr int came_through = 86;  // Exit status; a library may end the process with any other.

[[noreturn]] void load(const std::filesystem::path& library) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(longest_load_s);
  dlopen(std::filesystem::absolute(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  _exit(came_through);  // Without what the library would do at an exit.
}

std::string how(int status) {
  if (WIFEXITED(status))
    return fmt::format("it ended the process, with exit status {}", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  if (signal == SIGALRM) return fmt::format("it took longer than {} s", longest_load_s);
  return "it crashed: " + signal_name(signal);
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
  if (WIFEXITED(status) && WEXITSTATUS(status) == came_through) return {};
  return fail(ErrorCode::Invalid, how(status));
}

}  // namespace drover::worker
