#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

/// Workers carry a mark in their environment, which all that they start inherits. So what a task
/// has sent into a session of its own is found when its worker is gone.
namespace drover::agent {

/// What the marks of all workers of one agent begin with: `DROVER_WORKER=FOLDER:`. The folder is
/// the agent's own.
std::string mark_prefix(const std::filesystem::path& spool_folder);

/// Kills every process whose environment has a line that begins with `mark`, and those that they
/// start meanwhile. Returns how many were killed.
///
/// What runs as another user, or has wiped its environment, is not found; what is just becoming
/// another program may be missed. Source: proc(5), environ.
std::size_t kill_marked(const std::string& mark);

}  // namespace drover::agent
