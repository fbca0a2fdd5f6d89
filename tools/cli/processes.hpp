#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"

/// Daemons of this machine: starting them in the background and ending them.
namespace drover::tools {

/// A program beside this one.
std::filesystem::path program_beside(const std::string& name);

/// Starts a program in a session of its own, its output appended to `log`. Returns its process id.
/// Errors: Unavailable, with what could not be started and why.
Result<pid_t> start_daemon(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments,
                           const std::filesystem::path& log);

/// The process that wrote this file of facts (`scheduler.json`), if it still runs that program.
std::optional<pid_t> running_daemon(const std::filesystem::path& folder, const std::string& facts,
                                    const std::string& program);

/// Asks the process to end and waits; true once it is gone.
bool end_process(pid_t pid, int seconds);

/// The last lines of what a log has from byte `begin` on, for saying why a daemon did not start.
std::string last_lines(const std::filesystem::path& log, std::size_t lines, std::uintmax_t begin);

}  // namespace drover::tools
