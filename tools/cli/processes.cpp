#include "tools/cli/processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/daemon/state_folder.hpp"

extern char** environ;

namespace drover::tools {
namespace {

/// posix_spawn's two attribute objects, freed when they go.
struct SpawnParts {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  SpawnParts() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnParts() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnParts(const SpawnParts&) = delete;
  SpawnParts& operator=(const SpawnParts&) = delete;
};

/// The name of the program a process runs; empty where there is none.
std::string program_of(pid_t pid) {
  std::error_code error;
  const auto path = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), error);
  std::string name = path.filename().string();
  constexpr std::string_view replaced = " (deleted)";  // The file was built anew since.
  if (name.ends_with(replaced)) name.resize(name.size() - replaced.size());
  return name;
}

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

std::filesystem::path program_beside(const std::string& name) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name;
}

Result<pid_t> start_daemon(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments,
                           const std::filesystem::path& log) {
  SpawnParts parts;
  posix_spawn_file_actions_addopen(&parts.files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&parts.files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&parts.files, 1, 2);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&parts.attributes, &none);
  posix_spawnattr_setflags(&parts.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      posix_spawn(&pid, program.c_str(), &parts.files, &parts.attributes, argv.data(), environ);
  if (failed != 0) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} cannot be started: {}", program.string(), std::strerror(failed)));
  }
  return pid;
}

std::optional<pid_t> running_daemon(const std::filesystem::path& folder, const std::string& facts,
                                    const std::string& program) {
  const auto text = daemon::read_facts(folder, facts);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("pid") || !json["pid"].is_number_integer())
    return std::nullopt;
  const auto pid = json["pid"].get<pid_t>();
  return pid > 0 && program_of(pid) == program ? std::optional(pid) : std::nullopt;
}

bool end_process(pid_t pid, int seconds) {
  const int fd = pidfd_open(pid);
  if (fd < 0) return errno == ESRCH;
  ::syscall(SYS_pidfd_send_signal, fd, SIGTERM, nullptr, 0);
  pollfd ended{fd, POLLIN, 0};
  const bool gone = ::poll(&ended, 1, seconds * 1000) == 1;
  ::close(fd);
  return gone;
}

std::string last_lines(const std::filesystem::path& log, std::size_t lines, std::uintmax_t begin) {
  std::ifstream file(log);
  file.seekg(static_cast<std::streamoff>(begin));
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const auto& line : last) text += "  " + line + "\n";
  return text;
}

}  // namespace drover::tools
