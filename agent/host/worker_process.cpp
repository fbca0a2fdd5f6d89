#include "agent/host/worker_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

extern char** environ;

namespace drover::agent {
namespace {

tl::unexpected<Error> cannot(const char* what, int error) {
  return fail(ErrorCode::Unavailable,
              fmt::format("a worker cannot be started: {}: {}", what, std::strerror(error)));
}

/// The descriptors of a worker as it knows them: 0 to 2, then the socket and the page.
constexpr int socket_number = 3;
constexpr int page_number = 4;

/// A copy with a number above those, so that no dup2 to them overwrites one that is still needed.
UniqueFd moved_up(int descriptor) {
  return UniqueFd(fcntl(descriptor, F_DUPFD_CLOEXEC, page_number + 1));
}

class SpawnSetUp {
 public:
  SpawnSetUp() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSetUp(const SpawnSetUp&) = delete;
  SpawnSetUp& operator=(const SpawnSetUp&) = delete;
  ~SpawnSetUp() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

/// The number after `name ` in a file of such lines; 0 where there is none.
std::uint64_t counter_in(const std::string& file, const std::string& name) {
  std::ifstream lines(file);
  std::string word;
  std::uint64_t number = 0;
  while (lines >> word) {
    if (word == name && lines >> number) return number;
  }
  return 0;
}

}  // namespace

Result<WorkerProcess> WorkerProcess::spawn(const std::filesystem::path& program,
                                           const std::vector<std::string>& task_folders, int spool,
                                           std::string mark) {
  auto page = worker::PageMemory::create();
  if (!page) return tl::unexpected(std::move(page.error()));
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return cannot("socketpair", errno);
  }
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  // A catalogue may be long, and must fit in one packet.
  const int buffer_bytes = 1 << 20;
  setsockopt(theirs.get(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);

  const UniqueFd spool_copy = moved_up(spool);
  const UniqueFd socket_copy = moved_up(theirs.get());
  const UniqueFd page_copy = moved_up(page->descriptor());
  if (!spool_copy || !socket_copy || !page_copy) return cannot("dup", errno);
  SpawnSetUp set_up;
  posix_spawn_file_actions_addopen(&set_up.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&set_up.actions, spool_copy.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&set_up.actions, spool_copy.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&set_up.actions, socket_copy.get(), socket_number);
  posix_spawn_file_actions_adddup2(&set_up.actions, page_copy.get(), page_number);

  std::vector<std::string> words{program.string(), "--parent", std::to_string(getpid())};
  for (const auto& folder : task_folders) words.insert(words.end(), {"--tasks", folder});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> environment{mark.data()};
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view(*each).starts_with("DROVER_WORKER=")) environment.push_back(*each);
  }
  environment.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &set_up.actions, &set_up.attributes,
                                argv.data(), environment.data());
  if (error != 0) return cannot(program.c_str(), error);
  // Nobody else reaps our children, so the number is still that process's.
  // Called by number: glibc 2.36 declares pidfd_open without extern "C".
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int reason = errno;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return cannot("pidfd_open", reason);
  }
  return WorkerProcess{pid, std::move(pidfd), std::move(ours), std::move(*page), std::move(mark)};
}

std::optional<Ending> reap(const WorkerProcess& process) {
  siginfo_t info{};
  const auto id = static_cast<id_t>(process.pidfd.get());
  if (waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return std::nullopt;
  if (info.si_code == CLD_EXITED) return Ending{std::nullopt, info.si_status};
  return Ending{info.si_status, 0};
}

std::uint64_t out_of_memory_kills() {
  std::uint64_t kills = counter_in("/proc/vmstat", "oom_kill");
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto path = line.substr(line.rfind(':') + 1);
    if (line.starts_with("0::")) {
      kills += counter_in("/sys/fs/cgroup" + path + "/memory.events", "oom_kill");
    } else if (line.find(":memory:") != std::string::npos) {
      kills += counter_in("/sys/fs/cgroup/memory" + path + "/memory.oom_control", "oom_kill");
    }
  }
  return kills;
}

}  // namespace drover::agent
