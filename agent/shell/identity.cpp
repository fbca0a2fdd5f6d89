#include "agent/shell/identity.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>
#include <thread>

#include "common/clock.hpp"
#include "common/daemon/state_folder.hpp"

namespace drover::agent {
namespace {

constexpr const char* file_name = "agent-identity";

/// One that was killed holds its lock until the kernel has closed all its files, which takes a
/// while where it watches folders.
constexpr auto dying_agent_within = std::chrono::seconds(1);
constexpr auto try_again_after = std::chrono::milliseconds(20);

/// One agent per folder: the lock is held until the process ends.
Result<void> lock(const std::filesystem::path& folder) {
  const auto path = folder / "agent.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} cannot be opened: {}", path.string(), std::strerror(errno)));
  }
  const auto until = monotonic_now() + dying_agent_within;
  do {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    std::this_thread::sleep_for(try_again_after);
  } while (monotonic_now() < until);
  ::close(fd);
  return fail(ErrorCode::Busy,
              fmt::format("another agent runs with the state folder {}; give this one its own "
                          "with --state",
                          folder.string()));
}

Result<Identity> parse(const std::filesystem::path& folder, const std::string& text) {
  std::istringstream in(text);
  std::string id;
  Identity identity;
  in >> id >> identity.incarnation;
  auto bytes = from_hex(id);
  if (!in || !bytes) {
    return fail(ErrorCode::Invalid,
                fmt::format("{} is damaged; an agent without it is a new one: remove it to go on",
                            (folder / file_name).string()));
  }
  identity.id.bytes = *bytes;
  return identity;
}

Result<Identity> fresh() {
  Identity identity;
  identity.incarnation = 0;
  if (::getrandom(identity.id.bytes.data(), identity.id.bytes.size(), 0) !=
      static_cast<ssize_t>(identity.id.bytes.size())) {
    return fail(ErrorCode::Unavailable, "the kernel gives no random numbers");
  }
  return identity;
}

}  // namespace

Result<Identity> take_identity(const std::filesystem::path& state_folder) {
  if (auto locked = lock(state_folder); !locked) return tl::unexpected(locked.error());
  const auto text = daemon::read_facts(state_folder, file_name);
  if (!text && text.error().code != ErrorCode::NotFound) return tl::unexpected(text.error());
  auto identity = text ? parse(state_folder, *text) : fresh();
  if (!identity) return identity;
  identity->incarnation += 1;
  const auto kept =
      daemon::write_facts(state_folder, file_name,
                          fmt::format("{} {}", to_string(identity->id), identity->incarnation));
  if (!kept) return tl::unexpected(kept.error());
  return identity;
}

}  // namespace drover::agent
