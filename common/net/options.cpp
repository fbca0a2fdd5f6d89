#include "common/net/options.hpp"

#include <fmt/format.h>

#include "common/wire/limits.hpp"

namespace drover::net {
namespace {

int milliseconds(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }
int seconds(std::chrono::seconds time) { return static_cast<int>(time.count()); }

}  // namespace

zmq::socket_t make_socket(zmq::context_t& context, zmq::socket_type type) {
  namespace option = zmq::sockopt;
  zmq::socket_t socket(context, type);
  socket.set(option::maxmsgsize, static_cast<std::int64_t>(wire::max_frame_bytes));
  socket.set(option::sndhwm, high_water_mark);
  socket.set(option::rcvhwm, high_water_mark);
  socket.set(option::linger, milliseconds(linger));
  socket.set(option::handshake_ivl, milliseconds(handshake_within));
  // ZeroMQ's own heartbeats stay off: where one meets a connection that has just failed, libzmq
  // 4.3.4 ends the process (zeromq/libzmq#4364). A dead connection is seen by ours, and by TCP.
  socket.set(option::heartbeat_ivl, 0);
  socket.set(option::tcp_maxrt, milliseconds(unanswered_at_most));
  socket.set(option::tcp_keepalive, 1);
  socket.set(option::tcp_keepalive_idle, seconds(idle_at_most));
  socket.set(option::tcp_keepalive_intvl, seconds(probe_every));
  socket.set(option::tcp_keepalive_cnt, probes);
  socket.set(option::backlog, listen_backlog);
  socket.set(option::reconnect_ivl, milliseconds(reconnect_first));
  socket.set(option::reconnect_ivl_max, milliseconds(reconnect_at_least_every));
  socket.set(option::connect_timeout, milliseconds(reconnect_at_least_every));
  if (type == zmq::socket_type::router) {
    socket.set(option::router_mandatory, true);
    socket.set(option::router_handover, false);
  }
  if (type == zmq::socket_type::dealer) {
    // Without it frames would wait for a connection that may never come, and arrive in a later
    // session.
    socket.set(option::immediate, true);
  }
  return socket;
}

Result<void> check_bind_address(const std::string& address) {
  const std::string scheme = "tcp://";
  const auto colon = address.rfind(':');
  if (!address.starts_with(scheme) || colon < scheme.size()) {
    return fail(
        ErrorCode::Invalid,
        fmt::format(
            "'{}' is not an address to listen on; one is tcp://127.0.0.1:7777, or with * as a "
            "free port",
            address));
  }
  const auto host = address.substr(scheme.size(), colon - scheme.size());
  if (host.starts_with("127.") || host == "localhost" || host == "[::1]") return {};
  return fail(
      ErrorCode::Unsupported,
      fmt::format(
          "will not listen on {}: connections are not encrypted yet, so only this machine may "
          "connect; use tcp://127.0.0.1:PORT",
          address));
}

}  // namespace drover::net
