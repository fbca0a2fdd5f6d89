#pragma once

#include <chrono>
#include <string>
#include <zmq.hpp>

#include "common/result.hpp"

/// What our sockets are set to; nothing is left at ZeroMQ's defaults, which have no limits and wait
/// for ever.
namespace drover::net {

inline constexpr int high_water_mark =
    64;  ///< Messages, each way; bytes are bounded by the Outbox.
inline constexpr std::chrono::milliseconds linger{1000};
inline constexpr std::chrono::milliseconds handshake_within{5000};
/// TCP cuts a connection whose bytes nobody acknowledges for so long, or that is idle and whose
/// probes have no answer.
inline constexpr std::chrono::milliseconds unanswered_at_most{10'000};
inline constexpr std::chrono::seconds idle_at_most{10};
inline constexpr std::chrono::seconds probe_every{5};
inline constexpr int probes = 3;
/// Agents with work are to be back soon after a restart of the scheduler.
inline constexpr std::chrono::milliseconds reconnect_first{50};
inline constexpr std::chrono::milliseconds reconnect_at_least_every{2000};
inline constexpr int listen_backlog = 512;

/// Creates a socket of this type with every option set. Throws zmq::error_t.
zmq::socket_t make_socket(zmq::context_t& context, zmq::socket_type type);

/// Errors: Invalid where `address` is not `tcp://HOST:PORT`; Unsupported where HOST is not this
/// machine's own loopback: nothing is encrypted yet, so nothing is offered to a network.
Result<void> check_bind_address(const std::string& address);

}  // namespace drover::net
