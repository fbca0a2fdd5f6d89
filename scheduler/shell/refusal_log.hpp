#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "common/net/peer.hpp"
#include "common/units.hpp"

namespace drover::scheduler {

/// Decides when a refused frame is worth a line in the log: at most one line in ten seconds about a
/// peer, so that a broken program does not fill the disk.
///
/// Threads  One at a time.
class RefusalLog {
 public:
  /// How many frames of the peer were refused since its last line, this one included, where it is
  /// time for a line; else 0.
  std::uint64_t note(const net::Peer& peer, Instant now);

 private:
  static constexpr Duration apart = std::chrono::seconds(10);
  static constexpr std::size_t most_peers = 1'000;  // Beyond them all others count as one.

  struct Seen {
    Instant told;
    std::uint64_t untold = 0;
  };
  std::map<net::Peer, Seen> seen_;
};

}  // namespace drover::scheduler
