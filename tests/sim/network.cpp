#include "tests/sim/network.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include "common/check.hpp"

namespace drover::sim {

using namespace std::chrono_literals;

template <class Message, class Deliver>
void Network::carry(Peer peer, Way way, const wire::Envelope& envelope, Message message,
                    const Deliver& deliver) {
  const Block block = blocks_[{peer.agent, way}];
  const bool blocked = block.until > world_.now;
  if (world_.strikes(faults.loss, "a message is lost") || (blocked && block.lose)) return;
  if (encode_) {
    const auto frame = wire::encode(envelope, message);
    if (!frame) return world_.note("network", "refuses a message: " + frame.error().context);
    auto decoded = wire::decode<Message>(*frame);
    CHECK(decoded.has_value(), "{}", decoded.error().context);
    message = std::move(decoded->message);
  }
  const auto shared = std::make_shared<const Message>(std::move(message));
  const int copies = world_.strikes(faults.duplication, "a message comes twice") ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    Duration delay = random_.between(Duration(50us), Duration(3ms));
    if (auto fault = world_.strikes(faults.long_delay, "a message is delayed"))
      delay = fault->between(Duration(10ms), Duration(3s));
    Instant at = world_.now + delay;
    if (blocked) at = std::max(at, block.until);
    Instant& last = last_[{peer, way, envelope.session}];
    if (!world_.strikes(faults.reordering, "a message overtakes")) {
      at = std::max(at, last);
      last = at;
    }
    world_.post(at - world_.now,
                [peer, envelope, shared, &deliver] { deliver(peer, envelope, *shared); });
  }
}

void Network::send(Peer peer, const wire::Envelope& envelope, wire::AgentMessage message) {
  carry(peer, Way::Up, envelope, std::move(message), to_scheduler);
}

void Network::send(Peer peer, const wire::Envelope& envelope, wire::SchedulerMessage message) {
  carry(peer, Way::Down, envelope, std::move(message), to_agent);
}

void Network::block(std::uint8_t agent, Way way, Duration time, bool lose) {
  blocks_[{agent, way}] = Block{world_.now + time, lose};
}

void Network::heal() {
  blocks_.clear();
  faults = {};
}

}  // namespace drover::sim
