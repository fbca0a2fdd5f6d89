#include "common/net/connection_events.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

#include "common/net/options.hpp"

namespace drover::net {

ConnectionEvents::ConnectionEvents(zmq::context_t& context, zmq::socket_t& watched)
    : watched_(watched) {
  const auto name = fmt::format("inproc://connection-events-{}", watched.handle());
  constexpr int wanted = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
  if (zmq_socket_monitor(watched.handle(), name.c_str(), wanted) != 0) throw zmq::error_t();
  events_ = make_socket(context, zmq::socket_type::pair);
  events_.connect(name);
}

ConnectionEvents::~ConnectionEvents() { zmq_socket_monitor(watched_.handle(), nullptr, 0); }

std::optional<ConnectionEvents::Event> ConnectionEvents::next() {
  zmq::message_t what;
  zmq::message_t address;
  if (!events_.recv(what, zmq::recv_flags::dontwait)) return std::nullopt;
  if (what.more() && !events_.recv(address, zmq::recv_flags::dontwait)) return std::nullopt;
  std::uint16_t number = 0;
  if (what.size() < sizeof number) return std::nullopt;
  std::memcpy(&number, what.data(), sizeof number);
  return number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? Event::Connected : Event::Disconnected;
}

}  // namespace drover::net
