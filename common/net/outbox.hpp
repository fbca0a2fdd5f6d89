#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/net/peer.hpp"
#include "common/net/wakeup.hpp"
#include "common/result.hpp"

namespace drover::net {

/// A frame and whom it is for. The message owns its bytes.
struct Outgoing {
  Peer peer;
  zmq::message_t message;
};

/// Frames that any thread hands to the one that owns a socket, in order.
///
/// A frame counts against its peer until ZeroMQ has written it to the connection (or dropped it
/// with one): at most `per_peer` bytes, or a single frame, wait in this process for one peer.
/// Threads  All may call `put`; the others are for the socket's thread.
class Outbox {
 public:
  struct Limits {
    std::size_t per_peer = std::size_t{1} << 20U;  ///< Bytes.
    std::size_t in_all = std::size_t{64} << 20U;   ///< Bytes, over all peers.
  };

  Outbox(Limits limits, std::shared_ptr<Wakeup> wakeup);
  ~Outbox();

  /// Errors: Full where too much waits (on_room says when it no longer does); TooLarge above a
  /// frame's limit; Unavailable after `refuse`.
  Result<void> put(const Peer& peer, std::string frame);
  /// Bytes that wait for this peer.
  std::size_t waiting(const Peer& peer) const;

  /// From now on, or until `accept`, every frame is refused for this reason.
  void refuse(std::string why);
  void accept();

  /// What was put since the last call.
  std::vector<Outgoing> take();
  /// Peers that were refused a frame and now have half of their room again; each is named once.
  std::vector<Peer> take_relieved();
  /// Says that the socket refused a frame for now: wakes the thread when one has been written.
  void wake_when_written();

 private:
  struct Ledger;
  std::shared_ptr<Ledger>
      ledger_;  // shared with the frames, which ZeroMQ may hold longer than we live
};

}  // namespace drover::net
