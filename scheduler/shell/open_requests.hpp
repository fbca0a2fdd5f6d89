#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "common/net/peer.hpp"
#include "common/result.hpp"

namespace drover::scheduler {

/// A place among the requests that wait for an answer; free again once the last copy is gone.
using RequestPlace = std::shared_ptr<const void>;

/// Bounds how many requests of clients wait at once, so that one which asks faster than it is
/// answered costs itself only.
///
/// Threads  Any. Places may outlive this object.
class OpenRequests {
 public:
  static constexpr std::size_t most_of_a_peer = 256;
  static constexpr std::size_t most = 8192;

  /// Errors: Unavailable, with how many wait.
  Result<RequestPlace> enter(const net::Peer& peer);

 private:
  struct Counts {
    std::mutex mutex;
    std::map<net::Peer, std::size_t> of_peer;
    std::size_t all = 0;

    void leave(const net::Peer& peer);
  };
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace drover::scheduler
