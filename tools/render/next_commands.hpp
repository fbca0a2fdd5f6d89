#pragma once

#include <string>
#include <vector>

#include "common/wire/client_messages.hpp"
#include "tools/render/terminal.hpp"

/// What to do next after a run.
namespace drover::tools {

struct NextCommand {
  std::string command;
  std::string what;  ///< It does, or must be done before.
};

/// `printed` tells whether the attempt at the first failure's example wrote anything that a look is
/// worth. The last one is `drover show`.
std::vector<NextCommand> next_commands(const wire::RunStatus& run, bool printed = true);

/// `next:  COMMAND    what it does`; what it does goes below where it does not fit beside.
std::vector<std::string> next_lines(const std::vector<NextCommand>& commands,
                                    const Terminal& terminal);

}  // namespace drover::tools
