#include "common/daemon/state_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace drover::daemon {
namespace {

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

std::filesystem::path default_state_folder() {
  if (const char* state = variable("DROVER_STATE")) return std::filesystem::absolute(state);
  if (const char* state = variable("XDG_STATE_HOME"))
    return std::filesystem::path(state) / "drover";
  if (const char* home = variable("HOME"))
    return std::filesystem::path(home) / ".local/state/drover";
  return std::filesystem::temp_directory_path() / fmt::format("drover-{}", ::getuid());
}

std::string absolute_folder(const std::filesystem::path& folder) {
  const auto path = std::filesystem::absolute(folder).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).string();
}

Result<void> make_state_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::Unavailable, fmt::format("the state folder {} cannot be made: {}",
                                                    folder.string(), error.message()));
  }
  if (made && ::chmod(folder.c_str(), 0700) != 0) {
    return fail(ErrorCode::Unavailable,
                fmt::format("the state folder {} cannot be closed to others: {}", folder.string(),
                            std::strerror(errno)));
  }
  return {};
}

Result<void> write_facts(const std::filesystem::path& folder, std::string_view name,
                         std::string_view text) {
  const auto path = folder / name;
  const auto fresh = folder / fmt::format("{}.{}", name, ::getpid());
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << text << '\n';
    if (!file.flush()) {
      const int why = errno;
      std::error_code ignored;
      std::filesystem::remove(fresh, ignored);
      return fail(why == ENOSPC ? ErrorCode::Full : ErrorCode::Unavailable,
                  fmt::format("{} cannot be written: {}", fresh.string(), std::strerror(why)));
    }
  }
  std::error_code error;
  std::filesystem::rename(fresh, path, error);
  if (error) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} cannot be replaced: {}", path.string(), error.message()));
  }
  return {};
}

Result<std::string> read_facts(const std::filesystem::path& folder, std::string_view name) {
  const auto path = folder / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return fail(ErrorCode::NotFound, fmt::format("there is no {}", path.string()));
  }
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorCode::Unavailable, fmt::format("{} cannot be read", path.string()));
  return text.str();
}

}  // namespace drover::daemon
