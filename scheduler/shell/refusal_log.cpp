#include "scheduler/shell/refusal_log.hpp"

#include <utility>

namespace drover::scheduler {

std::uint64_t RefusalLog::note(const net::Peer& peer, Instant now) {
  auto seen = seen_.find(peer);
  if (seen == seen_.end() && seen_.size() >= most_peers) {
    std::erase_if(seen_, [&](const auto& entry) { return now - entry.second.told >= apart; });
    if (seen_.size() >= most_peers)
      seen = seen_.try_emplace(net::Peer{}, Seen{now - apart, 0}).first;
  }
  if (seen == seen_.end()) seen = seen_.emplace(peer, Seen{now - apart, 0}).first;
  ++seen->second.untold;
  if (now - seen->second.told < apart) return 0;
  seen->second.told = now;
  return std::exchange(seen->second.untold, 0);
}

}  // namespace drover::scheduler
