#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/types/signature.hpp"

namespace drover::worker {

/// A program that is a task, as a YAML file in the folder of tasks describes it (docs/tasks.md):
/// ```
/// tasks:
///   count_points:
///     command: [./count_points, --json-lines]
///     persistent: true
///     args: {cloud: uri}
///     returns: list[Count]
/// types:
///   Count: {label: str, n: int}
/// ```
struct CommandSpec {
  Signature signature;
  std::vector<std::string> command;  ///< The program and its arguments; no shell reads them.
  bool persistent = false;           ///< Started once per worker: a call a line, an answer a line.
  std::filesystem::path folder;      ///< The file's; the program runs there.
};

/// What people call the program: its first word, or the script where that is an interpreter
/// (`python3 -u count.py` is `count.py`), as the YAML has it.
std::string name_of(const std::vector<std::string>& command);

/// What is wrong stands in `problems`, each with `FILE:LINE:`, by line; tasks that are right are
/// given all the same.
struct CommandFile {
  std::vector<CommandSpec> tasks;
  std::vector<std::string> problems;
};

/// Reads such a file's text; `file` is its path, for messages and for the folder.
CommandFile parse_commands(std::string_view text, const std::filesystem::path& file);

}  // namespace drover::worker
