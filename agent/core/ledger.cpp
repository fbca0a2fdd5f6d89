#include "agent/core/ledger.hpp"

#include <algorithm>

#include "agent/core/slots.hpp"
#include "common/plant.hpp"

namespace drover::agent {
namespace {

void keep(Turn& turn, Unanswered entry) {
  turn.state.unanswered_bytes += entry.bytes;
  std::visit([&](const auto& what) { turn.send(what); }, entry.what);
  turn.state.unanswered.push_back(std::move(entry));
  if (!turn.state.holding_workers && turn.state.unanswered_bytes > max_unanswered_bytes) {
    turn.state.holding_workers = true;
    turn.out.push_back(HoldWorkers{true});
  }
}

Unanswered entry_of(const wire::Grant& grant) {
  Unanswered entry;
  entry.lease = grant.lease;
  entry.opening = grant.opening;
  entry.run = grant.run;
  entry.step = grant.step;
  entry.slot = grant.slot;
  return entry;
}

std::uint64_t size_of(const Columns& columns) {
  return columns.bytes.size() + columns.offsets.size() * sizeof(columns.offsets[0]);
}

/// The running lease of the slot, if it is this one; what a stopped worker still says is of no use.
HeldLease* running(State& state, std::uint32_t slot, const LeaseId& lease) {
  const auto found = state.slots.find(slot);
  if (found == state.slots.end() || !found->second.running) return nullptr;
  return found->second.running->grant->lease == lease ? &*found->second.running : nullptr;
}

wire::Answered kind_of(const Unanswered& entry) {
  if (std::holds_alternative<wire::CallFailed>(entry.what)) return wire::Answered::CallFailed;
  if (std::holds_alternative<std::shared_ptr<const wire::PutChunk>>(entry.what))
    return wire::Answered::Chunk;
  return wire::Answered::Results;
}

}  // namespace

void on_results(Turn& turn, const WorkerResults& event) {
  HeldLease* lease = running(turn.state, event.slot, event.results->lease);
  if (lease == nullptr) return;
  const Range all{event.results->first, event.results->first + event.results->columns.size()};
  if (lease->left.within(all).empty()) return;  // All of it was revoked.
  Unanswered entry = entry_of(*lease->grant);
  entry.items.insert(all);
  entry.bytes = size_of(event.results->columns) + event.results->seconds.size() * sizeof(float);
  entry.what = event.results;
  lease->left.erase(all);
  if (event.results->failures.size() < all.size()) item_completed(turn.state.slots.at(event.slot));
  keep(turn, std::move(entry));
}

void on_chunk(Turn& turn, const WorkerChunk& event) {
  const HeldLease* lease = running(turn.state, event.slot, event.chunk->lease);
  if (lease == nullptr || lease->left.empty()) return;
  Unanswered entry = entry_of(*lease->grant);
  entry.items.insert(Range{event.chunk->first, event.chunk->first + event.chunk->columns.size()});
  entry.bytes = size_of(event.chunk->columns);
  entry.what = event.chunk;
  keep(turn, std::move(entry));
}

void keep_call_failed(Turn& turn, const HeldLease& lease, Range call, const IntervalSet& rest,
                      Cause cause, std::string text, float seconds) {
  if (call.empty() && rest.empty()) return;
  Unanswered entry = entry_of(*lease.grant);
  entry.items.insert(call);
  entry.items.insert(rest);
  entry.bytes = text.size();
  entry.what =
      wire::CallFailed{lease.grant->lease, call, rest.ranges(), cause, std::move(text), seconds};
  keep(turn, std::move(entry));
}

void on_answer(Turn& turn, const wire::Answer& answer) {
  auto& all = turn.state.unanswered;
  for (auto& entry : all) {
    if (entry.lease != answer.lease || kind_of(entry) != answer.what) continue;
    for (const auto& range : answer.items) entry.items.erase(range);
    if (!entry.items.empty()) continue;
    turn.state.unanswered_bytes -= entry.bytes;
  }
  std::erase_if(all, [](const Unanswered& entry) { return entry.items.empty(); });
  if (turn.state.holding_workers && turn.state.unanswered_bytes < max_unanswered_bytes / 2) {
    turn.state.holding_workers = false;
    turn.out.push_back(HoldWorkers{false});
  }
}

void send_again(Turn& turn) {
  if (planted(Plant::NeverSendAgain)) return;
  for (const auto& entry : turn.state.unanswered) {
    std::visit([&](const auto& what) { turn.send(what); }, entry.what);
  }
}

}  // namespace drover::agent
