#include "agent/host/marked_processes.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>

namespace drover::agent {
namespace {

/// Each time what was found is killed; what it has started just before is found the next time.
constexpr int most_rounds = 10;
/// A process has no environment for a moment, while it becomes another program: who is missed then
/// is found the second time.
constexpr int quiet_rounds = 2;

bool has_mark(const std::filesystem::path& process, const std::string& mark) {
  struct stat owner {};
  if (stat(process.c_str(), &owner) != 0 || owner.st_uid != geteuid()) return false;
  std::ifstream file(process / "environ", std::ios::binary);
  const std::string lines((std::istreambuf_iterator<char>(file)), {});
  for (auto at = lines.find(mark); at != std::string::npos; at = lines.find(mark, at + 1)) {
    if (at == 0 || lines[at - 1] == '\0') return true;
  }
  return false;
}

std::set<pid_t> marked(const std::string& mark) {
  std::set<pid_t> found;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", unreadable)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size() || pid == getpid()) continue;
    if (has_mark(entry.path(), mark)) found.insert(pid);
  }
  return found;
}

}  // namespace

std::string mark_prefix(const std::filesystem::path& spool_folder) {
  return "DROVER_WORKER=" + std::filesystem::absolute(spool_folder).string() + ":";
}

std::size_t kill_marked(const std::string& mark) {
  std::set<pid_t> killed;
  for (int round = 0, quiet = 0; round < most_rounds && quiet < quiet_rounds; ++round) {
    ++quiet;
    for (const pid_t pid : marked(mark)) {
      kill(pid, SIGKILL);
      if (killed.insert(pid).second) quiet = 0;
    }
  }
  return killed.size();
}

}  // namespace drover::agent
