#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/wire/messages.hpp"

namespace drover::agent {

/// This machine's slots: one processor each, with an equal share of the memory it may use.
///
/// Counts what this process may use, not what the machine has: the affinity mask, and the limits of
/// its cgroup.
std::vector<wire::SlotOffer> slots_of_this_machine(std::uint32_t wanted);

/// Processors this process may use, at least 1.
std::uint32_t usable_processors();

std::string host_name();

}  // namespace drover::agent
