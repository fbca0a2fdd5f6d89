#include "tests/sim/scheduler_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/core/explain.hpp"
#include "tests/support/words.hpp"

namespace drover::sim {

using namespace scheduler;
using testing::words;

namespace {

/// Has the item ended as far as the scheduler's memory goes? Nothing where it does not know the
/// run.
std::optional<bool> closed_in_memory(const State& state, const StepRef& ref, ItemIndex item) {
  const auto run = state.runs.find(ref.run);
  if (run == state.runs.end()) return std::nullopt;
  const Step& step = run->second.steps.at(ref.step);
  if (run->second.state != RunState::Running) return true;
  if (step.state != StepState::Running) return step.state != StepState::Waiting;
  if (item >= step.count) return std::nullopt;  // Of an opening that was lost, with a longer list.
  if (step.free.contains(item) || step.charged.contains(item)) return false;
  return std::none_of(state.leases.begin(), state.leases.end(), [&](const auto& entry) {
    const Lease& lease = entry.second;
    return lease.step == ref && !lease.void_ && lease.items.contains(item);
  });
}

struct Sender {
  AgentId agent;
  LeaseId lease;
};
std::optional<Sender> sender_of(const Event& event) {
  if (const auto* e = std::get_if<ResultsReceived>(&event))
    return Sender{e->agent, e->results->lease};
  if (const auto* e = std::get_if<CallFailedReceived>(&event))
    return Sender{e->agent, e->failed.lease};
  if (const auto* e = std::get_if<ChunkReceived>(&event)) return Sender{e->agent, e->chunk->lease};
  return std::nullopt;
}

std::set<std::pair<LeaseId, ItemIndex>> alone_in_slots(const State& state) {
  std::set<std::pair<LeaseId, ItemIndex>> alone;
  for (const auto& [id, agent] : state.agents) {
    for (const auto& [number, slot] : agent.slots) {
      for (const auto& lease_id : slot.leases) {
        const Lease& lease = state.leases.at(lease_id);
        if (lease.executed) continue;
        if (!lease.void_ && lease.items.size() == 1)
          alone.emplace(lease.id, lease.items.front().first);
        break;
      }
    }
  }
  return alone;
}

bool is_death(Cause cause) {
  return cause == Cause::Crash || cause == Cause::OutOfMemory || cause == Cause::Timeout;
}

}  // namespace

void SchedulerChecks::new_life() {
  tellings_.clear();
  sessions_.clear();
}

void SchedulerChecks::before(const State& state, const Event& event) {
  const auto sender = sender_of(event);
  checked_event_ = sender.has_value();
  sender_items_.clear();
  alone_.clear();
  if (std::holds_alternative<HelloReceived>(event) || std::holds_alternative<TimeDue>(event))
    alone_ = alone_in_slots(state);
  if (!sender) return;
  sender_ = sender->lease;
  const auto lease = state.leases.find(sender->lease);
  const bool current =
      lease != state.leases.end() && lease->second.agent == sender->agent && !lease->second.void_;
  if (current) sender_items_ = lease->second.items;
}

void SchedulerChecks::after(const State& state, const Event& event, Instant now,
                            const Effects& effects) {
  for (const auto& problem : broken_invariants(state)) world_.fail("invariant: " + problem);
  if (world_.events % 8 == 0) {
    for (const auto& problem : unexplained(state, now))
      world_.fail("nobody can explain: " + problem);
  }
  if (const auto* hello = std::get_if<HelloReceived>(&event))
    check_session(state, hello->hello.agent);
  check_accepted(effects);
  for (const auto& effect : effects) {
    if (const auto* grant = std::get_if<SendGrant>(&effect)) check_grant(state, *grant);
  }
  if (const auto* e = std::get_if<ResultsReceived>(&event)) {
    const Range all{e->results->first, e->results->first + e->results->columns.size()};
    note_telling(state, e->agent, e->session, e->results->lease, wire::Answered::Results, {all},
                 effects);
  } else if (const auto* f = std::get_if<CallFailedReceived>(&event)) {
    std::vector<Range> items = f->failed.rest;
    items.push_back(f->failed.call);
    note_telling(state, f->agent, f->session, f->failed.lease, wire::Answered::CallFailed, items,
                 effects);
  }
}

void SchedulerChecks::check_session(const State& state, const AgentId& agent) {
  const auto known = state.agents.find(agent);
  if (known == state.agents.end() || !known->second.session) return;
  const SessionId session = known->second.session->id;
  if (session < sessions_[agent])
    world_.fail(words(agent) + " was taken back into a session that a newer one had replaced");
  sessions_[agent] = std::max(sessions_[agent], session);
}

void SchedulerChecks::check_accepted(const Effects& effects) {
  for (const auto& effect : effects) {
    const auto* persist = std::get_if<Persist>(&effect);
    if (persist == nullptr) continue;
    if (const auto* saved = std::get_if<SaveResults>(&persist->save.what)) {
      for (const auto& range : saved->done) {
        if (!checked_event_ || saved->results->lease != sender_ || !sender_items_.contains(range)) {
          world_.fail(
              fmt::format("results of lease {} were accepted for {} {}, which it does not hold",
                          to_string(saved->results->lease), words(saved->step), words(range)));
        }
      }
    }
    if (const auto* failure = std::get_if<SaveFailure>(&persist->save.what)) check_charge(*failure);
  }
}

void SchedulerChecks::check_charge(const SaveFailure& failure) {
  const std::pair who{failure.lease, failure.item};
  const auto about = [&](const char* what) {
    return fmt::format("{} item {} was charged with {} under lease {}, {}", words(failure.step),
                       failure.item, name_of(failure.cause), to_string(failure.lease), what);
  };
  if (failure.cause == Cause::Input) {
    if (!facts_.refused.contains(who)) world_.fail(about("whose input was there"));
    return;
  }
  if (failure.cause == Cause::AgentLost) {
    if (!alone_.contains(who)) world_.fail(about("which was not alone with its agent"));
    return;
  }
  if (!checked_event_ || failure.lease != sender_ || !sender_items_.contains(failure.item)) {
    world_.fail(about("which does not hold it"));
  }
  if (is_death(failure.cause) && !facts_.died_alone.contains(who))
    world_.fail(about("but did not execute alone"));
}

void SchedulerChecks::check_grant(const State& state, const SendGrant& grant) {
  facts_.leases[grant.lease] = grant.step;
  for (auto item = grant.items.first; item < grant.items.last; ++item) {
    if (model_.closed(grant.step, item)) {
      world_.fail(fmt::format("{} item {} was granted, though it ended", words(grant.step), item));
    }
    const std::uint32_t attempt =
        grant.attempts.empty() ? 1 : grant.attempts.at(item - grant.items.first);
    const auto* step = model_.step(grant.step);
    std::size_t charges = 0;
    if (step != nullptr && step->charges.contains(item)) charges = step->charges.at(item).size();
    if (attempt != charges + 1) {
      world_.fail(fmt::format("attempt {} of {} item {} was granted with {} charges durable",
                              attempt, words(grant.step), item, charges));
    }
  }
  const std::uint32_t concurrency = workload_.step(grant.step).options.concurrency;
  std::set<std::pair<AgentId, std::uint32_t>> slots;
  std::size_t here = 0;
  for (const auto& [id, lease] : state.leases) {
    if (lease.step != grant.step) continue;
    slots.emplace(lease.agent, lease.slot);
    if (lease.agent == grant.agent && lease.slot == grant.slot) ++here;
  }
  if (concurrency > 0 && slots.size() > concurrency && here == 1) {
    world_.fail(fmt::format("{} got slot {}, its concurrency is {}", words(grant.step),
                            slots.size(), concurrency));
  }
}

void SchedulerChecks::note_telling(const State& state, const AgentId& agent,
                                   const SessionId& session, const LeaseId& lease,
                                   wire::Answered what, const std::vector<Range>& items,
                                   const Effects& effects) {
  const auto known = facts_.leases.find(lease);
  const auto in = state.agents.find(agent);
  if (known == facts_.leases.end() || in == state.agents.end()) return;
  if (!in->second.session || in->second.session->id != session) return;
  Telling telling{agent, session, lease, what, known->second, {}, {}};
  for (const auto& range : items) {
    for (auto item = range.first; item < range.last; ++item) {
      if (closed_in_memory(state, known->second, item).value_or(false)) telling.closed.insert(item);
    }
  }
  for (const auto& effect : effects) {
    const auto* persist = std::get_if<Persist>(&effect);
    const auto* failure =
        persist == nullptr ? nullptr : std::get_if<SaveFailure>(&persist->save.what);
    if (failure != nullptr) telling.charged.insert(failure->item);
  }
  tellings_.push_back(std::move(telling));
}

void SchedulerChecks::check_answer(const ToAgent& to, const wire::Answer& answer) {
  const auto telling = std::find_if(tellings_.begin(), tellings_.end(), [&](const Telling& t) {
    return t.agent == to.agent && t.session == to.session && t.lease == answer.lease &&
           t.what == answer.what;
  });
  if (telling == tellings_.end()) return;
  for (const ItemIndex item : telling->closed) {
    if (!model_.closed(telling->step, item)) {
      world_.fail(fmt::format("an agent was told that {} item {} ended, which is not durable",
                              words(telling->step), item));
    }
  }
  const auto* step = model_.step(telling->step);
  for (const ItemIndex item : telling->charged) {
    if (step == nullptr || !step->charges.contains(item)) {
      world_.fail(fmt::format("an agent was told of a charge of {} item {}, which is not durable",
                              words(telling->step), item));
    }
  }
  tellings_.erase(telling);
}

void SchedulerChecks::check_revoked(const State& state,
                                    const std::vector<wire::RevokedItems>& revoked) {
  for (const auto& entry : revoked) {
    const auto lease = facts_.leases.find(entry.lease);
    if (lease == facts_.leases.end()) continue;
    const StepRef& ref = lease->second;
    const auto run = state.runs.find(ref.run);
    if (run == state.runs.end()) continue;
    // Where the step succeeded it was revoked for a newer lease.
    const StepState step = run->second.steps.at(ref.step).state;
    const bool ended = step == StepState::Failed || step == StepState::Cancelled;
    for (const auto& range : entry.items) {
      for (auto item = range.first; ended && item < range.last; ++item) {
        if (model_.closed(ref, item)) continue;
        world_.fail(
            fmt::format("{} item {} was revoked for an end that is not durable", words(ref), item));
      }
    }
  }
}

void SchedulerChecks::revealing(const State& state, const Effect& effect) {
  if (const auto* to = std::get_if<ToAgent>(&effect)) {
    if (const auto* answer = std::get_if<wire::Answer>(&to->message)) check_answer(*to, *answer);
    if (const auto* release = std::get_if<wire::Release>(&to->message)) {
      const auto& session = state.agents.at(to->agent).session;
      if (session && session->id == to->session && !session->welcomed)
        world_.fail(to_string(release->lease) + " was asked for before its agent was welcomed");
    }
    if (std::holds_alternative<wire::Welcome>(to->message)) {
      if (!model_.agents.contains(to->agent))
        world_.fail("an agent was welcomed before its row was durable");
    }
    if (const auto* revoke = std::get_if<wire::Revoke>(&to->message))
      check_revoked(state, revoke->revoked);
  } else if (const auto* ended = std::get_if<RunEnded>(&effect)) {
    const auto* run = model_.run(ended->run);
    if (run == nullptr || run->state != ended->state)
      world_.fail("the end of a run was told, which is not durable");
  } else if (const auto* client = std::get_if<ToClient>(&effect)) {
    if (const auto* accepted = std::get_if<SubmitAccepted>(&client->answer)) {
      if (model_.run(accepted->run) == nullptr)
        world_.fail("a submit was acknowledged, which is not durable");
    } else if (const auto* done = std::get_if<CancelDone>(&client->answer)) {
      const auto* run = model_.run(done->run);
      if (run == nullptr || run->state == RunState::Running) {
        world_.fail("a cancel was acknowledged, which is not durable");
      }
    }
  }
}

}  // namespace drover::sim
