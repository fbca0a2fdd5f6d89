#pragma once

#include <span>
#include <vector>

#include "agent/worker/messages.hpp"
#include "agent/worker/page.hpp"
#include "drover/abi.hpp"

namespace drover::worker {

/// The inputs of one lease as they stand in the page. Views: valid until the lease ends.
struct LeaseInputs {
  std::vector<sdk::ArgumentView> arguments;
  std::span<const std::uint32_t> attempts;  ///< Per item; empty: all 1.
  std::span<const std::uint32_t> ordinals;  ///< The same.

  /// Errors: Invalid where something lies outside the page or offsets fall.
  static Result<LeaseInputs> of(const Lease& lease, const Page& page);
};

}  // namespace drover::worker
