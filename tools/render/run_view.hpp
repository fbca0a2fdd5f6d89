#pragma once

#include <string>
#include <vector>

#include "common/wire/client_messages.hpp"
#include "tools/render/terminal.hpp"

/// A run as its user sees it (UX.md): pure functions of what the scheduler says. Lines are at most
/// as wide as a live terminal.
namespace drover::tools {

/// One line per step, the header first; for a view that is written over.
std::vector<std::string> progress_lines(const wire::RunStatus& run, const Terminal& terminal);

/// What changed since `before`, as lines that stay: for pipes and logs. At most one line a step,
/// and one for events in a row that differ in their numbers only.
std::vector<std::string> progress_report(const wire::RunStatus& before, const wire::RunStatus& now);

/// The end of a run: items, failure groups, where the results are. `outputs` are lines that its
/// results make.
std::vector<std::string> summary_lines(const wire::RunStatus& run,
                                       const std::vector<std::string>& outputs,
                                       const Terminal& terminal);

/// Everything `drover show` tells.
std::vector<std::string> show_lines(const wire::RunStatus& run, const Terminal& terminal);

}  // namespace drover::tools
