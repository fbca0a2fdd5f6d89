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
};

/// `drover up`: starts what is missing of a scheduler and an agent on this machine; returns when a
/// job can be taken.
int up(const Target& target, const UpOptions& options);

/// `drover down`: ends both, the agent first.
int down(const Target& target);

}  // namespace drover::tools
