#pragma once

#include <compare>
#include <string>

namespace drover::net {

/// One connection of an agent or client, as the gateway tells them apart. A program that connects
/// again is a new peer: who it is, its messages say.
struct Peer {
  std::string id;
  auto operator<=>(const Peer&) const = default;
};

}  // namespace drover::net
