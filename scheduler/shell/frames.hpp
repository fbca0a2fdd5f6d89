#pragma once

#include <caf/actor.hpp>
#include <mutex>
#include <string>
#include <string_view>

#include "common/net/gateway.hpp"
#include "scheduler/shell/open_requests.hpp"
#include "scheduler/shell/refusal_log.hpp"

namespace drover::scheduler {

/// Where frames come in: decodes them on the gateway's thread and hands them to the scheduler
/// actor. What cannot be decoded is answered, logged at most every ten seconds for a peer, and
/// changes nothing.
///
/// Threads  take() on the gateway's thread; open() and close() on another. Frames before open() and
/// after close() are
///          dropped: their senders try again.
class FrameDoor {
 public:
  void open(caf::actor scheduler, net::Gateway* gateway);
  void close();
  void take(const net::Peer& peer, std::string_view frame);
  void room(const net::Peer& peer);  ///< Frames to the peer may be sent again.
  void gone(const net::Peer& peer);  ///< A frame to the peer could not be delivered.

 private:
  struct Open {
    caf::actor scheduler;
    net::Gateway* gateway = nullptr;
  };
  Open now();
  void refuse(const Open& open, const net::Peer& peer, std::string_view frame, ErrorCode code,
              const std::string& reason);

  std::mutex mutex_;
  Open open_;
  RefusalLog refusals_;  // Of the gateway's thread.
  OpenRequests requests_;
};

}  // namespace drover::scheduler
