#include "scheduler/core/results.hpp"

#include <algorithm>
#include <map>

#include "common/plant.hpp"
#include "scheduler/core/agents.hpp"
#include "scheduler/core/deaths.hpp"
#include "scheduler/core/ledger.hpp"
#include "scheduler/core/offered_tasks.hpp"
#include "scheduler/core/runs.hpp"
#include "scheduler/core/service.hpp"

namespace drover::scheduler {
namespace {

/// Answers wait for the newest save, stale ones too: an agent forgets on any answer, and what makes
/// an item closed may not be durable yet.
void answer(Turn& turn, const Agent& agent, const LeaseId& lease, wire::Answered what,
            std::vector<Range> items, bool accepted) {
  wire::Answer message{lease, what, std::move(items), accepted};
  if (planted(accepted ? Plant::AcknowledgeBeforeCommit : Plant::AnswerStaleBeforeCommit)) {
    return turn.tell(agent, std::move(message));
  }
  turn.reveal_to(agent, std::move(message));
}

double seconds_of(const wire::Results& results, Range items) {
  double sum = 0;
  for (auto i = items.first; i < items.last; ++i) {
    const auto at = i - results.first;
    if (at < results.seconds.size()) sum += static_cast<double>(results.seconds[at]);
  }
  return sum;
}

/// Learns how long items take, and lets leases grow once one of the present size came through.
void measure(Step& step, const Lease& lease, const wire::Results& results,
             const std::vector<Range>& parts) {
  double seconds = 0;
  std::uint64_t items = 0;
  for (const auto& part : parts) {
    seconds += seconds_of(results, part);
    items += part.size();
  }
  if (items == 0) return;
  if (!lease.adopted) step.call_seconds += seconds;
  const double mean = seconds / static_cast<double>(items);
  step.item_seconds = step.item_seconds ? 0.7 * *step.item_seconds + 0.3 * mean : mean;
  if (lease.items.empty() && lease.granted >= step.lease_size) {
    step.lease_size = std::min(max_lease_items, step.lease_size * lease_growth);
  }
}

/// The failures that `results` has in `accepted`, by item.
std::map<ItemIndex, const wire::ItemFailure*> failures_in(const wire::Results& results,
                                                          const IntervalSet& accepted) {
  std::map<ItemIndex, const wire::ItemFailure*> failures;
  for (const auto& failure : results.failures) {
    if (accepted.contains(failure.item)) failures.emplace(failure.item, &failure);
  }
  return failures;
}

float seconds_at(const wire::Results& results, ItemIndex item) {
  const auto at = item - results.first;
  return at < results.seconds.size() ? results.seconds[at] : 0.0F;
}

void accept(Turn& turn, Step& step, Lease& lease,
            const std::shared_ptr<const wire::Results>& results, const IntervalSet& accepted) {
  count_slot_time(turn, lease);
  const auto failures = failures_in(*results, accepted);
  IntervalSet done = accepted;
  for (const auto& [item, failure] : failures) done.erase(Range{item, item + 1});
  if (!done.empty()) {
    const Agent& agent = turn.state.agents.at(lease.agent);
    turn.save(SaveResults{lease.step, lease.agent, lease.slot, done.ranges(), results,
                          build_name(results->task_build, agent.build)});
    if (results->list_size) {
      turn.save(SaveList{lease.step, lease.id, *results->list_size});
      step.list_size = *results->list_size;
      step.chunks.clear();
    }
    judge_slots(turn, step, lease, done);
    for (const auto& part : done.ranges()) close_done(step, lease, part);
  }
  for (const auto& [item, failure] : failures) {
    charge(turn, step, lease, item, failure->cause, failure->text, failure->permanent,
           seconds_at(*results, item));
  }
  measure(step, lease, *results, done.ranges());
}

/// Are all chunks of the list here that `results` says were sent? One that came while its lease was
/// not current was answered as stale, and its agent has forgotten it: then the lease was adopted
/// again for nothing.
bool list_is_whole(const Step& step, const wire::Results& results) {
  if (!results.list_size || *results.list_size == 0) return true;
  const auto chunks = step.chunks.find(results.lease);
  return chunks != step.chunks.end() && chunks->second.contains(Range{0, *results.list_size});
}

/// Planted: whoever holds the items now is taken for the one that sent them.
Lease* any_lease_of(State& state, Range items) {
  for (auto& [id, lease] : state.leases) {
    if (!lease.void_ && !lease.items.within(items).empty()) return &lease;
  }
  return nullptr;
}

/// Planted: a lease that a cancel made void counts as before.
Lease* void_lease(State& state, const LeaseId& id) {
  const auto lease = state.leases.find(id);
  return lease == state.leases.end() ? nullptr : &lease->second;
}

/// Where `count` items from `first` on end; a number that only a broken agent sends wraps nothing.
ItemIndex end_of(ItemIndex first, std::uint64_t count) {
  return first + std::min(count, ~ItemIndex{0} - first);
}

}  // namespace

void on_results(Turn& turn, const ResultsReceived& event) {
  Agent* agent = in_session(turn, event.agent, event.session);
  if (agent == nullptr) return;
  const wire::Results& results = *event.results;
  const Range all{results.first, end_of(results.first, results.columns.size())};
  Lease* lease = current_lease(turn.state, results.lease, event.agent);
  if (planted(Plant::NoFence) && lease == nullptr) lease = any_lease_of(turn.state, all);
  Step* step = lease == nullptr ? nullptr : running_step(turn.state, lease->step);
  if (planted(Plant::LateResultAfterCancel) && lease == nullptr) {
    lease = void_lease(turn.state, results.lease);
    if (lease != nullptr) step = &turn.state.runs.at(lease->step.run).steps.at(lease->step.step);
  }
  IntervalSet accepted;
  if (step != nullptr) {
    for (const auto& part : lease->items.within(all)) accepted.insert(part);
    if (planted(Plant::CountTwice)) accepted.insert(all);
  }
  if (!accepted.empty() && !list_is_whole(*step, results)) {
    give_back_all(turn.state, *lease);
    remove_if_empty(turn, results.lease);
    accepted.clear();
  }
  if (!accepted.empty()) {
    const StepRef ref = lease->step;
    const LeaseId id = lease->id;
    accept(turn, *step, *lease, event.results, accepted);
    remove_if_empty(turn, id);
    settle(turn, ref);
  }
  answer(turn, *agent, results.lease, wire::Answered::Results, {all}, !accepted.empty());
}

void on_chunk(Turn& turn, const ChunkReceived& event) {
  Agent* agent = in_session(turn, event.agent, event.session);
  if (agent == nullptr) return;
  const wire::PutChunk& chunk = *event.chunk;
  const Lease* lease = current_lease(turn.state, chunk.lease, event.agent);
  const bool current = lease != nullptr && running_step(turn.state, lease->step) != nullptr &&
                       lease->items.contains(ItemIndex{0}) &&
                       !turn.state.runs.at(lease->step.run).plan->steps.at(lease->step.step).map;
  if (current) {
    turn.save(SaveChunk{lease->step, event.chunk});
    running_step(turn.state, lease->step)
        ->chunks[chunk.lease]
        .insert(Range{chunk.first, chunk.first + chunk.columns.size()});
  }
  answer(turn, *agent, chunk.lease, wire::Answered::Chunk,
         {Range{chunk.first, chunk.first + chunk.columns.size()}}, current);
}

void on_call_failed(Turn& turn, const CallFailedReceived& event) {
  Agent* agent = in_session(turn, event.agent, event.session);
  if (agent == nullptr) return;
  const wire::CallFailed& failed = event.failed;
  std::vector<Range> items = failed.rest;
  if (!failed.call.empty()) items.insert(items.begin(), failed.call);
  Lease* lease = current_lease(turn.state, failed.lease, event.agent);
  Step* step = lease == nullptr ? nullptr : running_step(turn.state, lease->step);
  bool accepted = false;
  if (step != nullptr) {
    const StepRef ref = lease->step;
    // Said again after a new session, it was told before.
    const bool again =
        failed.call.size() == 1 && is_charged_by(*step, failed.call.first, failed.lease);
    if (!lease->items.within(failed.call).empty() && !again)
      tell_death(turn, *agent, *lease, failed);
    for (const auto& range : failed.rest) {
      if (planted(Plant::BlameQueued) && lease->items.contains(range.first)) {
        charge(turn, *step, *lease, range.first, failed.cause, failed.text, false, 0);
      }
      accepted = accepted || !lease->items.within(range).empty();
      give_back(turn.state, *lease, range);
    }
    const auto executing = lease->items.within(failed.call);
    accepted = accepted || !executing.empty();
    // Judged as it ran: only a call of one item charges its item, whatever the fence left of the
    // call.
    if (failed.call.size() == 1) {
      if (!executing.empty()) {
        charge(turn, *step, *lease, failed.call.first, failed.cause, failed.text, false,
               failed.seconds);
      }
    } else if (!failed.call.empty()) {
      for (const auto& part : executing) give_back(turn.state, *lease, part);
      const ItemIndex middle = failed.call.first + failed.call.size() / 2;
      const auto largest = static_cast<std::uint32_t>((failed.call.size() + 1) / 2);
      for (const auto& half : {Range{failed.call.first, middle}, Range{middle, failed.call.last}}) {
        for (const auto& part : executing) suspect(*step, intersection(half, part), largest);
      }
    }
    remove_if_empty(turn, failed.lease);
    settle(turn, ref);
  }
  answer(turn, *agent, failed.lease, wire::Answered::CallFailed, std::move(items), accepted);
}

void on_released(Turn& turn, const ReleasedReceived& event) {
  if (in_session(turn, event.agent, event.session) == nullptr) return;
  Lease* lease = current_lease(turn.state, event.released.lease, event.agent);
  if (lease == nullptr) return;
  for (const auto& range : event.released.items) give_back(turn.state, *lease, range);
  remove_if_empty(turn, event.released.lease);
}

void on_grant_shortened(Turn& turn, const GrantShortened& event) {
  const auto lease = turn.state.leases.find(event.lease);
  if (lease == turn.state.leases.end() || lease->second.void_ || lease->second.items.empty())
    return;
  const auto ranges = lease->second.items.ranges();
  const Range cut{event.end, ranges.back().last};
  if (cut.empty()) return;
  lease->second.granted -= std::min(lease->second.granted, cut.size());
  give_back(turn.state, lease->second, cut);
  remove_if_empty(turn, event.lease);
}

void on_grant_refused(Turn& turn, const GrantRefused& event) {
  const auto found = turn.state.leases.find(event.lease);
  if (found == turn.state.leases.end() || found->second.void_) return;
  Lease& lease = found->second;
  Step* step = running_step(turn.state, lease.step);
  if (step == nullptr || lease.items.empty()) return;
  const StepRef ref = lease.step;
  charge(turn, *step, lease, lease.items.front().first, Cause::Input, event.text, true, 0);
  give_back_all(turn.state, lease);
  remove_if_empty(turn, event.lease);
  settle(turn, ref);
}

}  // namespace drover::scheduler
