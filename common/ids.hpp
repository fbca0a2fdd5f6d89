#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace drover {

/// 128 random bits, printed as 32 hex digits and shortened for people to what is unique.
/// `Tag` keeps a run's id from being taken for an agent's.
template <class Tag>
struct Id128 {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Id128&) const = default;
};
using RunId = Id128<struct RunTag>;  ///< Made by the client: submitting twice is submitting once.
using AgentId = Id128<struct AgentTag>;  ///< Durable, in the agent's state folder.

std::string to_hex(const std::array<std::uint8_t, 16>& bytes);
/// Errors: Invalid unless `text` is exactly 32 hex digits.
Result<std::array<std::uint8_t, 16>> from_hex(std::string_view text);

template <class Tag>
std::string to_string(const Id128<Tag>& id) {
  return to_hex(id.bytes);
}

/// A life of the scheduler; grows with every start, also past a restored backup.
using Epoch = std::uint64_t;

/// A grant of items to a slot. Unique for ever: the epoch is a life, the number counts within it.
struct LeaseId {
  Epoch epoch = 0;
  std::uint64_t number = 0;
  auto operator<=>(const LeaseId&) const = default;
};
std::string to_string(const LeaseId& id);  ///< `epoch.number`

/// The opening of a step: the epoch and the sequence number of the save that opened it. A lease
/// names it, and only this opening adopts the lease after a restart.
struct OpeningId {
  Epoch epoch = 0;
  std::uint64_t seq = 0;
  auto operator<=>(const OpeningId&) const = default;
};

/// A step of a run, by its place in the checked workflow.
struct StepRef {
  RunId run;
  std::uint32_t step = 0;
  auto operator<=>(const StepRef&) const = default;
};

using ItemIndex = std::uint64_t;

}  // namespace drover
