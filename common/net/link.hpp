#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/net/outbox.hpp"
#include "common/result.hpp"

namespace drover::net {

/// What a Link tells its owner. All are called by the link's thread, must not block or throw, and
/// may send.
struct LinkHandlers {
  /// A frame arrived, at most wire::max_frame_bytes; the view ends with the call. A message of
  /// several parts arrives as an empty frame: no decoder takes it.
  std::function<void(std::string_view frame)> on_frame;
  /// A connection stands: say Hello. Called again after every break.
  std::function<void()> on_connected = [] {};
  /// The connection broke; what was queued is dropped, either way, and sends are refused until
  /// on_connected. The link goes on trying by itself, at least every two seconds.
  std::function<void()> on_disconnected = [] {};
  /// After a Full: half of the room is free again.
  std::function<void()> on_room = [] {};
};

/// The agent's end of the wire: a DEALER connected to one scheduler. (Clients have client.hpp.)
///
/// One thread owns the socket and connects again for ever.
/// Threads  `send` and `waiting` from any; `close` and the destructor not from a handler.
class Link {
 public:
  /// Starts to connect to `tcp://HOST:PORT`; whether somebody is there is told by on_connected.
  /// Errors: Invalid where the address is none.
  static Result<std::unique_ptr<Link>> open(const std::string& address, LinkHandlers handlers,
                                            Outbox::Limits limits = {});
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Queues the frame; frames keep their order. Errors: Full; TooLarge; Unavailable while not
  /// connected.
  Result<void> send(std::string frame);
  std::size_t waiting() const;  ///< Bytes not yet written to the connection.

  /// Sends what it can within `linger`, then ends the thread.
  void close();

 private:
  class Loop;
  explicit Link(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace drover::net
