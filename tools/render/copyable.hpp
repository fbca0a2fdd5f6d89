#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Commands that a person is shown work when they are copied: they name the scheduler as the
/// command line did that printed them.
namespace drover::tools {

/// How a command line named its scheduler, as commands repeat it; empty where it did not.
struct SchedulerWords {
  std::string state;                  ///< ` --state DIR`
  std::string address;                ///< ` --address A`, which counts before the state.
  std::vector<std::string> commands;  ///< Those that take these options.
};

/// The text with those words behind the name of each `drover COMMAND` in it. `up` and `down` are
/// about this machine: they get the state only.
std::string copyable(std::string_view text, const SchedulerWords& words);

}  // namespace drover::tools
