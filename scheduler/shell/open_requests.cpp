#include "scheduler/shell/open_requests.hpp"

#include <fmt/format.h>

namespace drover::scheduler {

Result<RequestPlace> OpenRequests::enter(const net::Peer& peer) {
  const std::lock_guard lock(counts_->mutex);
  std::size_t& waiting = counts_->of_peer[peer];
  if (waiting >= most_of_a_peer) {
    return fail(
        ErrorCode::Unavailable,
        fmt::format("{} requests of this client wait for an answer: ask again once they have one",
                    waiting));
  }
  if (counts_->all >= most) {
    if (waiting == 0) counts_->of_peer.erase(peer);
    return fail(ErrorCode::Unavailable,
                fmt::format("{} requests of clients wait for an answer: ask again later", most));
  }
  ++waiting;
  ++counts_->all;
  return RequestPlace(nullptr, [counts = counts_, peer](const void*) { counts->leave(peer); });
}

void OpenRequests::Counts::leave(const net::Peer& peer) {
  const std::lock_guard lock(mutex);
  --all;
  const auto found = of_peer.find(peer);
  if (--found->second == 0) of_peer.erase(found);
}

}  // namespace drover::scheduler
