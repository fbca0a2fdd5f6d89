#include "agent/worker/command/command_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

extern char** environ;

namespace drover::worker {
namespace {

tl::unexpected<Error> cannot(const std::string& program, const char* what, int error) {
  return fail(ErrorCode::Unavailable,
              fmt::format("{}: {}: {}", program, what, std::strerror(error)));
}

/// drover-worker, which becomes the program once it has tied itself to this process.
std::filesystem::path guard_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "drover-worker";
}

/// Writes without SIGPIPE, which a program that has ended would send us.
ssize_t write_quietly(int descriptor, std::string_view text) {
  sigset_t pipe;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const ssize_t written = write(descriptor, text.data(), text.size());
  const int error = errno;
  if (written < 0 && error == EPIPE) {
    const timespec now{};
    sigtimedwait(&pipe, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { posix_spawn_file_actions_destroy(&actions); }
  posix_spawn_file_actions_t actions{};
};

}  // namespace

Result<CommandProcess> CommandProcess::start(const std::vector<std::string>& command,
                                             const std::filesystem::path& folder) {
  CommandProcess process;
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0) return cannot(command.front(), "pipe", errno);
  process.to_ = in[1];
  if (pipe2(out.data(), O_CLOEXEC) != 0) {
    const int error = errno;
    close(in[0]);
    return cannot(command.front(), "pipe", error);
  }
  process.from_ = out[0];
  fcntl(process.to_, F_SETFL, O_NONBLOCK);

  Actions set_up;
  posix_spawn_file_actions_adddup2(&set_up.actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&set_up.actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addchdir_np(&set_up.actions, folder.c_str());
  const std::string guard = guard_program();
  std::vector<std::string> words{guard, "--parent", std::to_string(getpid()), "--"};
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int error =
      posix_spawn(&process.pid_, guard.c_str(), &set_up.actions, nullptr, argv.data(), environ);
  close(in[0]);
  close(out[1]);
  if (error != 0) {
    process.pid_ = 0;
    return cannot(guard, "cannot be started", error);
  }
  return process;
}

CommandProcess::~CommandProcess() {
  if (to_ >= 0) close(to_);
  if (from_ >= 0) close(from_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

void CommandProcess::swap(CommandProcess& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(to_, other.to_);
  std::swap(from_, other.from_);
  std::swap(read_, other.read_);
}

template <class Enough>
Result<void> CommandProcess::exchange(std::string_view text, bool close_after, Enough enough) {
  // Both at once: a program may answer before it has read everything, and pipes are short.
  while (!enough()) {
    std::array<pollfd, 2> ends{{{from_, POLLIN, 0}, {text.empty() ? -1 : to_, POLLOUT, 0}}};
    if (poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) {
      return cannot("its pipes", "poll", errno);
    }
    if (ends[1].revents != 0) {
      const ssize_t written = write_quietly(to_, text);
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
      // A program that does not read all of its input may still answer.
      if (written < 0 && errno != EAGAIN && errno != EINTR) text = {};
      if (text.empty() && close_after) close(std::exchange(to_, -1));
    }
    if (ends[0].revents == 0) continue;
    std::array<char, 65536> part{};
    const ssize_t size = read(from_, part.data(), part.size());
    if (size == 0) return {};
    if (size > 0) read_.append(part.data(), static_cast<std::size_t>(size));
    if (read_.size() > max_answer_bytes) {
      return fail(ErrorCode::TooLarge,
                  fmt::format("the answer is longer than {} MiB", max_answer_bytes >> 20U));
    }
  }
  return {};
}

Result<std::optional<std::string>> CommandProcess::exchange_line(std::string_view text) {
  std::size_t end = std::string::npos;
  const auto has_line = [&] {
    end = read_.find('\n');
    return end != std::string::npos;
  };
  if (auto done = exchange(text, false, has_line); !done) return tl::unexpected(done.error());
  if (end == std::string::npos && !has_line()) return std::optional<std::string>();
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 1);
  return std::optional(std::move(line));
}

bool CommandProcess::waits() const {
  pollfd look{from_, POLLIN, 0};
  return read_.empty() && poll(&look, 1, 0) == 0;
}

Result<std::string> CommandProcess::exchange_all(std::string_view text) {
  if (text.empty()) close(std::exchange(to_, -1));
  if (auto done = exchange(text, true, [] { return false; }); !done) {
    return tl::unexpected(done.error());
  }
  return std::exchange(read_, {});
}

CommandProcess::Ending CommandProcess::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = 0;
  if (WIFSIGNALED(status)) return {WTERMSIG(status), 0};
  return {std::nullopt, WEXITSTATUS(status)};
}

}  // namespace drover::worker
