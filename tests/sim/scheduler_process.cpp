#include "tests/sim/scheduler_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/check.hpp"
#include "common/plant.hpp"
#include "scheduler/query/reuse_finder.hpp"
#include "scheduler/query/taken_over.hpp"
#include "tests/support/plans.hpp"
#include "tests/support/words.hpp"

namespace drover::sim {

using namespace scheduler;
using namespace std::chrono_literals;
using testing::words;

namespace {

constexpr std::int64_t first_wall_milliseconds = 1'700'000'000'000;

std::int64_t wall_milliseconds(Instant now) {
  return first_wall_milliseconds +
         std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

}  // namespace

SchedulerProcess::SchedulerProcess(World& world, Network& network, Store& store,
                                   const Workload& workload, Facts& facts)
    : world_(world),
      network_(network),
      store_(store),
      workload_(workload),
      facts_(facts),
      random_(world.stream(Stream::Scheduler)),
      model_(world, workload),
      checks_(world, workload, model_, facts) {}

void SchedulerProcess::post(Duration delay, std::function<void()> act) {
  world_.post(delay, [this, act = std::move(act), life = life_] {
    if (life != life_ || !up_) return;
    if (world_.now < stalled_until_) return post(stalled_until_ - world_.now, act);
    act();
  });
}

void SchedulerProcess::start() {
  CHECK(!up_);
  up_ = true;
  auto stored = store_.load(wall_milliseconds(world_.now + set_by_));
  CHECK(stored.has_value(), "{}", stored.error().context);
  world_.note("scheduler", fmt::format("starts with epoch {}, {} runs unfinished", stored->epoch,
                                       stored->runs.size()));
  std::map<RunId, std::shared_ptr<const Plan>> plans;
  for (const auto& run : stored->runs) plans[run.run] = workload_.run(run.run).plan;
  core_ = recover(*stored, plans, clock(), random_.next());
  for (const auto& [id, run] : model_.runs) {
    if (run.state == RunState::Running && !core_.runs.contains(id))
      world_.fail("a start found a run missing");
  }
  handle(Started{});
}

void SchedulerProcess::kill() {
  world_.note("scheduler", "is killed");
  up_ = false;
  ++life_;
  core_ = State{};
  links_.clear();
  group_.clear();
  waiting_orders_.clear();
  commit_ordered_ = false;
  said_full_ = false;
  stalled_until_ = world_.now;
  checks_.new_life();
}

void SchedulerProcess::restore(std::size_t commits) {
  CHECK(!up_);
  groups_.resize(groups_.size() - std::min(commits, groups_.size()));
  world_.note("database", fmt::format("is restored as it was after {} commits", groups_.size()));
  CHECK(store_.reset().has_value());
  model_ = DurableModel(world_, workload_);
  for (const auto& group : groups_) {
    CHECK(store_.apply(group).has_value());
    for (const auto& save : group) model_.apply(save);
  }
}

void SchedulerProcess::set_disk_full(bool full) {
  disk_full_ = full;
  world_.note("disk", full ? "is full" : "has room");
  if (!full && up_) order_commit();
}

void SchedulerProcess::set_clock(Duration by) {
  set_by_ += by;
  world_.note("clock", fmt::format("of the wall is set by {} s", by / 1s));
}

Instant SchedulerProcess::clock() const {
  return planted(Plant::WallClock) ? world_.now + set_by_ : world_.now;
}

void SchedulerProcess::handle(const Event& event) {
  world_.note("scheduler", words(event));
  Effects effects;
  checks_.before(core_, event);
  step(core_, event, clock(), effects);
  checks_.after(core_, event, clock(), effects);
  std::size_t performed = effects.size();
  auto dies = world_.strikes(faults.kill_in_effects, "the scheduler dies between effects");
  if (dies) performed = dies->below(effects.size() + 1);
  for (std::size_t i = 0; i < performed; ++i) {
    if (!std::holds_alternative<WakeAt>(effects[i])) world_.note_effect(words(effects[i]));
    checks_.revealing(core_, effects[i]);
    std::visit([this](const auto& effect) { perform(effect); }, effects[i]);
  }
  if (!dies) return;
  world_.note("scheduler", fmt::format("did {} of {} effects", performed, effects.size()));
  kill();
  if (on_killed) on_killed();
}

// ------------------------------------------------------------------ agents

void SchedulerProcess::receive(Peer peer, const wire::Envelope& envelope,
                               const wire::AgentMessage& message) {
  if (!up_) return;
  if (world_.now >= stalled_until_) return take(peer, envelope, message);
  post(stalled_until_ - world_.now,
       [this, peer, envelope, message] { take(peer, envelope, message); });
}

void SchedulerProcess::take(Peer peer, const wire::Envelope& envelope,
                            const wire::AgentMessage& message) {
  Link& link = links_[peer.agent];
  const AgentId agent = testing::agent_id(peer.agent);
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    const SessionId session{hello->incarnation, hello->session};
    if (session <= link.newest && !planted(Plant::AdoptSupersededSession)) return;
    link = Link{session, session, wire::SessionInbox(hello->session),
                wire::SessionOutbox(hello->session)};
    CHECK(link.inbox.receive(envelope) == wire::SessionInbox::Verdict::Next);
    return handle(HelloReceived{*hello});
  }
  auto verdict = wire::SessionInbox::Verdict::Gap;
  if (link.session) {
    if (link.session->incarnation != peer.incarnation) return;  // Another connection's.
    verdict = link.inbox.receive(envelope);
  }
  if (verdict == wire::SessionInbox::Verdict::Other) return;
  if (verdict == wire::SessionInbox::Verdict::Gap) {
    const auto ended = std::exchange(link.session, std::nullopt);
    network_.send(peer, wire::Envelope{envelope.session, 1},
                  wire::Rejoin{"messages of this session are missing"});
    if (ended) handle(SessionClosed{agent, *ended, "a message is missing"});
    return;
  }
  const SessionId session = *link.session;
  if (const auto* m = std::get_if<wire::Results>(&message)) {
    handle(ResultsReceived{agent, session, std::make_shared<const wire::Results>(*m)});
  } else if (const auto* c = std::get_if<wire::PutChunk>(&message)) {
    handle(ChunkReceived{agent, session, std::make_shared<const wire::PutChunk>(*c)});
  } else if (const auto* f = std::get_if<wire::CallFailed>(&message)) {
    handle(CallFailedReceived{agent, session, *f});
  } else if (const auto* r = std::get_if<wire::Released>(&message)) {
    handle(ReleasedReceived{agent, session, *r});
  } else if (const auto* h = std::get_if<wire::Heartbeat>(&message)) {
    handle(HeartbeatReceived{agent, session, *h});
  } else if (const auto* g = std::get_if<wire::Goodbye>(&message)) {
    handle(GoodbyeReceived{agent, session, *g});
  } else if (const auto* wanted = std::get_if<wire::GetChunk>(&message)) {
    post(random_.between(Duration(100us), Duration(50ms)),
         [this, agent, session, wanted = *wanted] { answer(agent, session, wanted); });
  }
}

/// A worker reads a list, a few elements at a time.
void SchedulerProcess::answer(const AgentId& agent, const SessionId& session,
                              const wire::GetChunk& wanted) {
  const StepRef ref{wanted.run, wanted.step};
  const auto part = static_cast<Part>(wanted.part);
  wire::Chunk chunk;
  chunk.request = wanted.request;
  chunk.first = wanted.first;
  const auto size = store_.list_size(ref, part);
  auto columns =
      store_.read_list(ref, part, wanted.first, ReadLimit{random_.between(1, 12), 256U << 10U});
  if (size && columns) {
    chunk.total = *size;
    chunk.columns = std::move(*columns);
  } else {
    chunk.error = size ? columns.error().context : size.error().context;
  }
  send(agent, session, std::move(chunk));
}

void SchedulerProcess::send(const AgentId& agent, const SessionId& session,
                            wire::SchedulerMessage message) {
  Link& link = links_[agent.bytes[0]];
  if (link.session != session) return;
  network_.send(Peer{agent.bytes[0], session.incarnation}, link.outbox.next(), std::move(message));
}

void SchedulerProcess::perform(const ToAgent& effect) {
  auto message =
      std::visit([](const auto& m) { return wire::SchedulerMessage(m); }, effect.message);
  send(effect.agent, effect.session, std::move(message));
}

void SchedulerProcess::perform(const CloseSession& effect) {
  send(effect.agent, effect.session, wire::Rejoin{"the session is over"});
  Link& link = links_[effect.agent.bytes[0]];
  if (link.session == effect.session) link.session.reset();
}

// ------------------------------------------------------------------ grants

void SchedulerProcess::perform(const SendGrant& effect) {
  if (!needs_store(effect)) return deliver(effect, fill_grant(effect, nullptr));
  Duration delay = 100us;
  if (auto fault = world_.strikes(faults.late_inputs, "inputs are late"))
    delay = fault->between(Duration(1ms), Duration(4s));
  post(delay, [this, effect] { fill(effect); });
}

/// Inputs are read once everything that was saved before is durable.
void SchedulerProcess::fill(const SendGrant& order) {
  if (group_.empty()) return deliver(order, fill_grant(order, &store_));
  waiting_orders_.push_back(order);
  order_commit();
}

void SchedulerProcess::deliver(const SendGrant& order, Result<FilledGrant> filled) {
  if (filled && world_.strikes(faults.refuse, "an input is missing"))
    filled = fail(ErrorCode::NotFound, "simulated");
  if (!filled) {
    if (filled.error().context != "simulated")
      world_.fail("the inputs of a grant are missing: " + filled.error().context);
    facts_.refused.insert({order.lease, order.items.first});
    return post(Duration::zero(), [this, order] {
      handle(GrantRefused{order.lease, "its input is missing"});
    });
  }
  wire::Grant& grant = filled->grant;
  auto shortened = grant.items.size() > 1
                       ? world_.strikes(faults.shorten, "inputs do not fit a grant")
                       : std::nullopt;
  if (shortened) {
    const auto count = shortened->between(1, grant.items.size() - 1);
    filled->end = grant.items.first + count;
    grant.items.last = *filled->end;
    for (auto& argument : grant.arguments) {
      if (argument.column) argument.column = argument.column->slice(0, count);
    }
    if (!grant.attempts.empty()) grant.attempts.resize(count);
  }
  if (filled->end) {
    post(Duration::zero(), [this, order, end = *filled->end] {
      handle(GrantShortened{order.lease, end});
    });
  }
  send(order.agent, order.session, std::move(grant));
}

// ------------------------------------------------------------------ store, clients, time

void SchedulerProcess::perform(const Persist& effect) {
  group_.push_back(effect.save);
  order_commit();
}

void SchedulerProcess::order_commit() {
  if (commit_ordered_) return;
  commit_ordered_ = true;
  Duration delay = random_.between(Duration(50us), Duration(5ms));
  if (auto fault = world_.strikes(faults.slow_commit, "a commit is slow"))
    delay = fault->between(Duration(20ms), Duration(8s));
  post(delay, [this] { commit(); });
}

void SchedulerProcess::commit() {
  commit_ordered_ = false;
  const bool full = disk_full_ && !group_.empty();
  if (full && !planted(Plant::FullStoreIgnored)) {
    if (!std::exchange(said_full_, true)) handle(StoreFull{});
    return;
  }
  if (std::exchange(said_full_, false)) {
    handle(StoreHasRoom{});
    if (!up_) return;
  }
  if (!group_.empty()) {
    if (auto fault = world_.strikes(faults.broken_commit, "the disk fails in a commit"))
      return break_commit(fault->chance(0.5));
    const auto applied =
        full ? Result<void>{} : store_.apply(group_);  // Planted: what did not fit is left out.
    if (!applied) return world_.fail("the store refused a group: " + applied.error().context);
    for (const auto& save : group_) {
      if (!full) model_.apply(save);
    }
    const std::uint64_t seq = group_.back().seq;
    if (!full) groups_.push_back(group_);
    group_.clear();
    post(random_.between(Duration::zero(), Duration(500us)),
         [this, seq] { handle(Committed{seq}); });
  }
  for (const auto& order : std::exchange(waiting_orders_, {}))
    deliver(order, fill_grant(order, &store_));
}

/// The disk says that it has failed; a scheduler that hears this ends. What it was to write may be
/// there all the same.
void SchedulerProcess::break_commit(bool is_there) {
  if (is_there) {
    const auto applied = store_.apply(group_);
    if (!applied) return world_.fail("the store refused a group: " + applied.error().context);
    for (const auto& save : group_) model_.apply(save);
    groups_.push_back(group_);
  }
  kill();
  if (on_killed) on_killed();
}

void SchedulerProcess::submit(const SimRun& run, std::uint64_t client) {
  if (!up_) return;
  post(Duration::zero(), [this, &run, client] {
    if (!core_.runs.contains(run.id) && store_.stored_run(run.id))
      return on_submit_answer(client, true);
    Submitted submitted{ClientToken{client}, run.id, run.spec, run.plan, run.parent, {}};
    if (run.parent) {
      const auto* parent = model_.run(*run.parent);
      if (parent == nullptr || parent->state == RunState::Running) return;  // Asked again later.
      const auto stored = store_.stored_run(*run.parent);
      if (!stored) return world_.fail("a run cannot be read: " + stored.error().context);
      if (run.reuses) {
        submitted.reuse = Reuse{*std::exchange(submitted.parent, std::nullopt), {}};
        for (std::uint32_t i = 0; i < stored->steps.size(); ++i) {
          submitted.reuse->steps.emplace_back();
          const bool of_use = run.plan->steps[i].map && stored->steps[i].opening;
          if (of_use) submitted.reuse->steps.back() = i;
        }
      } else {
        Selection selection;
        selection.failed_stay = run.failed_stay;
        submitted.taken_over = taken_over_from(*stored, *run.plan, selection);
      }
    }
    handle(submitted);
  });
}

void SchedulerProcess::cancel(const RunId& run, std::uint64_t client) {
  if (!up_) return;
  facts_.cancel_asked.insert(run);
  post(Duration::zero(), [this, run, client] {
    handle(CancelRequested{ClientToken{client}, run});
  });
}

void SchedulerProcess::perform(const ToClient& effect) const {
  if (std::holds_alternative<SubmitAccepted>(effect.answer))
    on_submit_answer(effect.client.number, true);
  if (std::holds_alternative<SubmitRefused>(effect.answer))
    on_submit_answer(effect.client.number, false);
  const bool cancel = std::holds_alternative<CancelDone>(effect.answer) ||
                      std::holds_alternative<CancelRefused>(effect.answer);
  if (cancel) on_cancel_answer(effect.client.number);
}

void SchedulerProcess::perform(const RunEnded&) {}

/// Items are compared once everything that was saved before is durable.
void SchedulerProcess::perform(const FindReuse& effect) {
  post(random_.between(Duration(100us), Duration(50ms)), [this, effect] {
    if (!group_.empty()) return perform(effect);
    auto finder = reuse_finder(effect.step, effect.from, effect.plan,
                               workload_.run(effect.from.run).plan, effect.count, store_);
    if (!finder) return world_.fail("a run cannot be read: " + finder.error().context);
    for (;;) {
      const auto more = finder->advance(store_);
      if (!more) return world_.fail("items cannot be compared: " + more.error().context);
      if (!*more) break;
    }
    handle(ReuseFound{effect.step, effect.count,
                      std::make_shared<const std::vector<MovedItems>>(finder->found())});
  });
}

void SchedulerProcess::perform(const WakeAt& effect) {
  const std::uint64_t number = ++alarm_;
  post(std::max(Duration::zero(), Duration(effect.when - clock())), [this, number] {
    if (number == alarm_) handle(TimeDue{});
  });
}

}  // namespace drover::sim
