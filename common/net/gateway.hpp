#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/net/outbox.hpp"
#include "common/net/peer.hpp"
#include "common/result.hpp"

namespace drover::net {

/// What a Gateway tells its owner. All are called by the gateway's thread, must not block or throw,
/// and may send.
struct GatewayHandlers {
  /// A frame arrived, at most wire::max_frame_bytes; the view ends with the call. A message of
  /// several parts, which Drover never sends, arrives as an empty frame: no decoder takes it.
  std::function<void(const Peer&, std::string_view frame)> on_frame;
  /// A frame that `send` took will not arrive: its peer is gone, or the gateway closes. Frames that
  /// ZeroMQ had taken when a connection broke are lost without a word; sequence numbers show it.
  std::function<void(const Peer&, const Error&)> on_undelivered = [](const Peer&, const Error&) {};
  /// After a Full: half of the peer's room is free again.
  std::function<void(const Peer&)> on_room = [](const Peer&) {};
};

/// The scheduler's end of the wire: a ROUTER that agents and clients connect to.
///
/// One thread owns the socket. A peer that does not read keeps its frames waiting and delays nobody
/// else; what may wait for it is bounded (Outbox), and the rest is refused at once. Threads `send`,
/// `waiting` and `address` from any; `close` and the destructor not from a handler.
class Gateway {
 public:
  /// Listens on `tcp://127.0.0.1:7777`, or `tcp://127.0.0.1:*` for a free port.
  /// Errors: those of check_bind_address; Busy where another program has the port; Unavailable.
  static Result<std::unique_ptr<Gateway>> open(const std::string& address, GatewayHandlers handlers,
                                               Outbox::Limits limits = {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  const std::string& address() const;  ///< As bound, with the port.

  /// Queues the frame for the peer; frames to one peer keep their order.
  /// Errors: Full, TooLarge, or Unavailable once closed. A peer that is gone is told by
  /// on_undelivered.
  Result<void> send(const Peer& peer, std::string frame);
  std::size_t waiting(const Peer& peer) const;  ///< Bytes not yet written to its connection.

  /// Sends what it can within `linger`, then ends the thread. Frees the port.
  void close();

 private:
  class Loop;
  explicit Gateway(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace drover::net
