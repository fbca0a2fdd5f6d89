#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace drover {

/// Why a call or an item failed. The names travel on the wire, stand in the database and label
/// metrics.
enum class Cause : std::uint8_t {
  UserError =
      1,      ///< The task said so: an exception, an error, a non-zero exit of a one-shot command.
  Crash = 2,  ///< The worker died of a signal or left without a result.
  OutOfMemory = 3,  ///< The kernel or the agent's guard ended the worker for its memory.
  Timeout = 4,      ///< The call ran longer than the step allows.
  AgentLost = 5,  ///< The agent fell silent, or was started again, while the item was the only one
                  ///< that its slot ran.
  Input = 6,      ///< The scheduler could not give the item its input.
};

std::string_view name_of(Cause cause);  ///< `user_error`, `crash`, `out_of_memory`, ...
std::optional<Cause> cause_named(std::string_view name);

}  // namespace drover
