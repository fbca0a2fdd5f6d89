#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"

namespace drover::worker {

/// The worker's end of the socket pair. Blocks; whoever has it does nothing else meanwhile.
///
/// A worker without its agent is of no use and must not stay: where the other end is closed or the
/// socket breaks, both functions end the process at once.
class Channel {
 public:
  explicit Channel(int socket);

  void send(std::string_view packet) const;
  std::string_view receive();  ///< Valid until the next call.
  /// Ends the process where the agent is gone; else returns at once.
  void check_peer() const;

 private:
  int socket_;
  std::string buffer_;
};

inline constexpr int exit_without_agent = 3;  ///< Exit status of a worker whose agent went away.

}  // namespace drover::worker
