#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "tools/cli/target.hpp"

namespace drover::tools {

struct UpOptions {
  std::optional<std::uint32_t> slots;
  std::vector<std::filesystem::path> tasks;
  bool no_tasks = false;  ///< Not those of last time either.
};

/// `drover up`: starts what is missing of a scheduler and an agent on this machine; returns when a
/// job can be taken. Where it starts an agent, what is not said is as it was last time
/// (last_up.hpp).
int up(const Target& target, const UpOptions& options);

/// `drover down`: ends both, the agent first.
int down(const Target& target);

}  // namespace drover::tools
