#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/units.hpp"
#include "common/wire/messages.hpp"

namespace drover::agent {

/// Slots of one processor each, with equal shares of the memory.
std::vector<wire::SlotOffer> equal_slots(std::uint32_t wanted, Bytes memory);

/// Processors this process may use, at least 1: not what the machine has, but its affinity mask and
/// the limit of its cgroup.
std::uint32_t usable_processors();

/// The same of memory.
Bytes usable_memory();

std::string host_name();

}  // namespace drover::agent
