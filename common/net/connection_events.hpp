#pragma once

#include <optional>
#include <zmq.hpp>

namespace drover::net {

/// Tells when a connecting socket's connection stands and when it breaks, which ZeroMQ itself
/// hides.
///
/// Threads  The socket's only.
class ConnectionEvents {
 public:
  /// Throws zmq::error_t. Requires: both outlive this.
  ConnectionEvents(zmq::context_t& context, zmq::socket_t& watched);
  ~ConnectionEvents();
  ConnectionEvents(const ConnectionEvents&) = delete;
  ConnectionEvents& operator=(const ConnectionEvents&) = delete;

  enum class Event { Connected, Disconnected };
  /// The next event, if there is one now. Throws zmq::error_t.
  std::optional<Event> next();
  void* handle() { return events_.handle(); }  ///< To poll for reading.

 private:
  zmq::socket_t& watched_;
  zmq::socket_t events_;
};

}  // namespace drover::net
