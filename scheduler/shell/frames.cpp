#include "scheduler/shell/frames.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>

#include "common/clock.hpp"
#include "common/spelling.hpp"
#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {
namespace {

bool is_agents(const std::string& kind) {
  const auto kinds = wire::kinds<wire::AgentMessage>();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

void FrameDoor::open(caf::actor scheduler, net::Gateway* gateway) {
  const std::lock_guard lock(mutex_);
  open_ = Open{std::move(scheduler), gateway};
}

void FrameDoor::close() {
  const std::lock_guard lock(mutex_);
  open_ = Open{};
}

FrameDoor::Open FrameDoor::now() {
  const std::lock_guard lock(mutex_);
  return open_;
}

void FrameDoor::take(const net::Peer& peer, std::string_view frame) {
  const Open open = now();
  if (!open.scheduler) return;
  const auto head = wire::read_head(frame);
  if (!head) return refuse(open, peer, frame, ErrorCode::Invalid, head.error().context);
  if (is_agents(head->kind)) {
    auto received = wire::decode<wire::AgentMessage>(frame);
    if (!received) return refuse(open, peer, frame, ErrorCode::Invalid, received.error().context);
    caf::anon_send(open.scheduler, boxed(FromAgent{peer, std::move(*received)}));
  } else {
    auto received = wire::decode<wire::ClientRequest>(frame);
    if (!received) return refuse(open, peer, frame, ErrorCode::Invalid, received.error().context);
    auto place = requests_.enter(peer);
    if (!place) return refuse(open, peer, frame, place.error().code, place.error().context);
    caf::anon_send(open.scheduler,
                   boxed(FromClient{peer, std::move(*received), std::move(*place)}));
  }
}

void FrameDoor::room(const net::Peer& peer) {
  const Open open = now();
  if (open.scheduler) caf::anon_send(open.scheduler, room_atom::value, peer);
}

void FrameDoor::gone(const net::Peer& peer) {
  const Open open = now();
  if (open.scheduler) caf::anon_send(open.scheduler, gone_atom::value, peer);
}

/// Says why, in the terms of whoever sent it: an agent is refused, a client's request has failed.
void FrameDoor::refuse(const Open& open, const net::Peer& peer, std::string_view frame,
                       ErrorCode code, const std::string& reason) {
  if (const auto count = refusals_.note(peer, monotonic_now()); count > 0) {
    spdlog::warn("{} of a peer {} refused: {}", counted(count, "frame"),
                 count == 1 ? "was" : "were", reason);
  }
  const auto head = wire::read_head(frame);
  if (!head) return;
  const auto answer =
      is_agents(head->kind)
          ? wire::encode(wire::Envelope{head->envelope.session, 1},
                         wire::SchedulerMessage(wire::Refused{reason}))
          : wire::encode(head->envelope, wire::ClientReply(wire::Failed{code, reason}));
  if (answer) (void)open.gateway->send(peer, *answer);
}

}  // namespace drover::scheduler
