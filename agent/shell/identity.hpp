#pragma once

#include <cstdint>
#include <filesystem>

#include "common/ids.hpp"
#include "common/result.hpp"

namespace drover::agent {

/// Who an agent is: the id is for ever, the incarnation counts its starts.
struct Identity {
  AgentId id;
  std::uint64_t incarnation = 1;
};

/// Reads the identity kept in the state folder, counts this start, and keeps that before it
/// returns. The first start makes a random id.
///
/// Errors: Busy where another agent runs with this folder; Invalid where the file is damaged,
/// naming it; Unavailable where it cannot be written.
Result<Identity> take_identity(const std::filesystem::path& state_folder);

}  // namespace drover::agent
