#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <tuple>

#include "common/wire/envelope.hpp"
#include "tests/sim/world.hpp"

namespace drover::sim {

/// One life of an agent, as the scheduler's end of a connection sees it.
struct Peer {
  std::uint8_t agent = 0;
  std::uint64_t incarnation = 0;
  auto operator<=>(const Peer&) const = default;
};

struct NetworkFaults {
  double loss = 0;
  double duplication = 0;
  double long_delay =
      0;  ///< Share of messages that take up to three seconds, and hold up their session.
  double reordering = 0;  ///< Share of messages that overtake others of their session.
};

/// Carries messages between agents and scheduler: late, twice or never, in order within a session
/// unless it is told not to be.
class Network {
 public:
  enum class Way : std::uint8_t { Up, Down };

  explicit Network(World& world)
      : world_(world), random_(world.stream(Stream::Network)), encode_(random_.chance(0.25)) {}

  void send(Peer peer, const wire::Envelope& envelope, wire::AgentMessage message);
  void send(Peer peer, const wire::Envelope& envelope, wire::SchedulerMessage message);

  /// Nothing gets through this way for a while: it is lost, or comes when the time is over.
  void block(std::uint8_t agent, Way way, Duration time, bool lose);
  void heal();

  std::function<void(Peer, wire::Envelope, const wire::AgentMessage&)> to_scheduler;
  std::function<void(Peer, wire::Envelope, const wire::SchedulerMessage&)> to_agent;
  NetworkFaults faults;

 private:
  struct Block {
    Instant until;
    bool lose = false;
  };
  template <class Message, class Deliver>
  void carry(Peer peer, Way way, const wire::Envelope& envelope, Message message,
             const Deliver& deliver);

  World& world_;
  Random random_;
  bool encode_;
  std::map<std::pair<std::uint8_t, Way>, Block> blocks_;
  std::map<std::tuple<Peer, Way, std::uint64_t>, Instant>
      last_;  // of a session, so that it stays in order
};

}  // namespace drover::sim
