#include "agent/worker/channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "agent/worker/messages.hpp"
#include "common/check.hpp"

namespace drover::worker {

Channel::Channel(int socket) : socket_(socket), buffer_(max_message_bytes, '\0') {}

void Channel::send(std::string_view packet) const {
  CHECK(packet.size() <= max_message_bytes, "a message of {} bytes: too many tasks or notes?",
        packet.size());
  while (::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) _exit(exit_without_agent);
  }
}

std::string_view Channel::receive() {
  while (true) {
    const ssize_t size = recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (size > 0) return std::string_view(buffer_).substr(0, static_cast<std::size_t>(size));
    if (size == 0 || errno != EINTR) _exit(exit_without_agent);
  }
}

void Channel::check_peer() const {
  pollfd look{socket_, 0, 0};
  if (poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0) {
    _exit(exit_without_agent);
  }
}

}  // namespace drover::worker
