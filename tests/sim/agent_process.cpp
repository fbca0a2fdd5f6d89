#include "tests/sim/agent_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/check.hpp"
#include "common/plant.hpp"
#include "common/types/codec.hpp"
#include "common/wire/limits.hpp"
#include "tests/support/plans.hpp"
#include "tests/support/words.hpp"

namespace drover::sim {

using namespace agent;
using namespace std::chrono_literals;
using testing::words;

namespace {

/// Far more than faults alone cause; a loop that nothing stops makes a hundred.
constexpr std::size_t most_sessions_a_second = 40;

/// One in eight is longer than any message may be. A worker cuts it, as agent/worker does.
std::string error_text(ItemIndex item) {
  if (item % 8 != 3) return "bad item";
  return std::string(planted(Plant::OversizeText) ? wire::max_frame_bytes : 4096, 'x');
}

}  // namespace

AgentProcess::AgentProcess(World& world, Network& network, const Workload& workload, Facts& facts,
                           std::uint8_t number, std::uint32_t slots)
    : world_(world),
      network_(network),
      workload_(workload),
      facts_(facts),
      random_(world.stream(Stream::Agents, number)),
      number_(number),
      slots_(slots),
      who_(words(testing::agent_id(number))) {}

void AgentProcess::post(Duration delay, std::function<void()> act) {
  world_.post(delay, [this, act = std::move(act), life = life_] {
    if (up_ && life == life_) act();
  });
}

void AgentProcess::post_for(std::uint32_t slot, Duration delay, std::function<void()> act) {
  post(delay, [this, slot, act = std::move(act), life = workers_[slot].life] {
    if (workers_[slot].life == life) act();
  });
}

void AgentProcess::start() {
  CHECK(!up_);
  up_ = true;
  ++life_;
  workers_.clear();
  std::vector<wire::SlotOffer> offers;
  for (std::uint32_t i = 0; i < slots_; ++i)
    offers.push_back(wire::SlotOffer{i, 1, 0, 1ULL << 30U});
  core_ = make_state(testing::agent_id(number_), life_, who_, offers);
  handle(Started{});
}

void AgentProcess::kill() {
  world_.note(who_, "is killed");
  up_ = false;
  core_ = State{};
}

void AgentProcess::stop() { handle(StopAsked{}); }

bool AgentProcess::idle() const {
  if (core_.uplink != Uplink::Welcomed || !core_.unanswered.empty()) return false;
  return std::all_of(core_.slots.begin(), core_.slots.end(), [](const auto& slot) {
    return !slot.second.running && slot.second.waiting.empty();
  });
}

void AgentProcess::handle(const Event& event) {
  world_.note(who_, words(event));
  Effects effects;
  step(core_, event, world_.now, effects);
  check();
  for (const auto& effect : effects) {
    if (!std::holds_alternative<WakeAt>(effect)) world_.note_effect(words(effect));
    std::visit([this](const auto& e) { perform(e); }, effect);
    if (!up_) return;
  }
}

void AgentProcess::check() {
  for (const auto& problem : broken_invariants(core_)) world_.fail(who_ + ": " + problem);
  for (const auto& [number, slot] : core_.slots) {
    std::size_t wanted = slot.running && !slot.running->left.empty() ? 1 : 0;
    wanted += slot.waiting.size();
    if (wanted > 2) world_.fail(fmt::format("{} slot {} holds {} leases", who_, number, wanted));
  }
}

// ------------------------------------------------------------------ the conversation

void AgentProcess::receive(Peer peer, const wire::Envelope& envelope,
                           const wire::SchedulerMessage& message) {
  if (!up_ || peer.incarnation != life_) return;
  // A scheduler that lost the session cannot know the number that is due: Rejoin needs none.
  const bool rejoin =
      std::holds_alternative<wire::Rejoin>(message) && envelope.session == core_.session;
  const auto verdict = rejoin ? wire::SessionInbox::Verdict::Next : inbox_.receive(envelope);
  if (verdict == wire::SessionInbox::Verdict::Other) return;
  if (verdict == wire::SessionInbox::Verdict::Gap) return handle(SessionBroken{envelope.session});
  if (const auto* chunk = std::get_if<wire::Chunk>(&message)) return take_chunk(*chunk);
  std::visit(
      [&](const auto& m) {
        using Message = std::decay_t<decltype(m)>;
        if constexpr (requires { FromScheduler{0, Message{}}; })
          handle(FromScheduler{envelope.session, m});
      },
      message);
}

/// What waits for an answer is said once a session: more of it is a storm.
void AgentProcess::check_storm(const wire::AgentMessage& message) {
  std::optional<std::tuple<LeaseId, wire::Answered, ItemIndex>> what;
  if (const auto* r = std::get_if<wire::Results>(&message)) {
    what = {r->lease, wire::Answered::Results, r->first};
  } else if (const auto* c = std::get_if<wire::PutChunk>(&message)) {
    what = {c->lease, wire::Answered::Chunk, c->first};
  } else if (const auto* f = std::get_if<wire::CallFailed>(&message)) {
    const ItemIndex first = f->rest.empty() ? f->call.first : f->rest.front().first;
    what = {f->lease, wire::Answered::CallFailed, first};
  }
  if (what && !said_.insert(*what).second)
    world_.fail(fmt::format("{} said one thing of lease {} twice in a session", who_,
                            to_string(std::get<0>(*what))));
}

void AgentProcess::transmit(wire::AgentMessage message) {
  check_storm(message);
  network_.send(Peer{number_, life_}, outbox_.next(), std::move(message));
}

void AgentProcess::perform(const OpenSession& effect) {
  inbox_ = wire::SessionInbox(effect.hello.session);
  outbox_ = wire::SessionOutbox(effect.hello.session);
  said_.clear();
  opened_.push_back(world_.now);
  while (world_.now - opened_.front() > 1s) opened_.pop_front();
  if (opened_.size() > most_sessions_a_second)
    world_.fail(fmt::format("{} opened {} sessions within a second", who_, opened_.size()));
  transmit(effect.hello);
}

void AgentProcess::perform(const Send& effect) {
  std::visit(
      [this](const auto& message) {
        if constexpr (requires { wire::AgentMessage(*message); }) {
          transmit(*message);
        } else {
          transmit(message);
        }
      },
      effect.message);
}

void AgentProcess::perform(const SendHeartbeat&) { transmit(wire::Heartbeat{}); }

void AgentProcess::perform(const Finished&) {
  world_.note(who_, "has left");
  up_ = false;
  core_ = State{};
}

void AgentProcess::perform(const WakeAt& effect) {
  const std::uint64_t number = ++alarm_;
  post(std::max(Duration::zero(), Duration(effect.when - world_.now)), [this, number] {
    if (number == alarm_) handle(TimeDue{});
  });
}

// ------------------------------------------------------------------ workers

void AgentProcess::perform(const StartWorker& effect) {
  workers_[effect.slot].life += 1;
  post_for(effect.slot, random_.between(Duration(20ms), Duration(900ms)),
           [this, slot = effect.slot, tasks = tasks_, builds = builds()] {
             handle(WorkerReady{slot, tasks, {}, builds});
           });
}

void AgentProcess::perform(const ReloadWorker& effect) {
  post_for(effect.slot, random_.between(Duration(1ms), Duration(50ms)), [this, slot = effect.slot] {
    workers_[slot].life += 1;
    handle(WorkerDied{slot, {}, Cause::Crash, "it was ended", 0, true});
  });
}

void AgentProcess::perform(const RunLease& effect) {
  Worker& worker = workers_[effect.slot];
  worker.grant = effect.grant;
  worker.next = effect.grant->items.first;
  worker.stop_after_call = false;
  worker.published = nullptr;
  begin_call(effect.slot);
}

void AgentProcess::perform(const StopLease& effect) {
  Worker& running = workers_[effect.slot];
  if (effect.wanted) {
    if (running.grant && running.grant->lease == effect.lease) running.stop_after_call = true;
    return;
  }
  post_for(effect.slot, random_.between(Duration(1ms), Duration(200ms)), [this, effect] {
    Worker& worker = workers_[effect.slot];
    if (!worker.grant || worker.grant->lease != effect.lease) return;
    if (random_.chance(0.5)) return die(effect.slot, worker.call, Cause::Crash);
    worker.life += 1;
    worker.grant = nullptr;
    worker.wanted.reset();
    handle(WorkerLeaseEnded{effect.slot, effect.lease});
  });
}

void AgentProcess::perform(const StopWorkers&) {
  for (auto& [slot, worker] : workers_) worker.life += 1;
}

void AgentProcess::begin_call(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  const wire::Grant& grant = *worker.grant;
  const std::uint64_t batch = std::max(1U, grant.largest_batch);
  worker.call = Range{worker.next, std::min(worker.next + batch, grant.items.last)};
  worker.list.clear();
  if (!grant.arguments.empty() && grant.arguments[0].list) return read_on(slot);
  compute(slot);
}

/// Asks for the next part of the list that the call takes whole, until it is whole.
void AgentProcess::read_on(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  const wire::Grant& grant = *worker.grant;
  const wire::ListArgument& list = *grant.arguments[0].list;
  if (worker.list.size() == list.size) {
    facts_.reads.push_back({StepRef{grant.run, grant.step}, grant.opening, list, worker.list});
    return compute(slot);
  }
  worker.wanted =
      wire::GetChunk{++next_request_, grant.run, list.step, list.part, worker.list.size()};
  if (core_.uplink == Uplink::Welcomed) transmit(*worker.wanted);  // Else after the Welcome.
}

void AgentProcess::perform(const AskForChunksAgain&) {
  for (const auto& [slot, worker] : workers_) {
    if (worker.wanted) transmit(*worker.wanted);
  }
}

/// Does the scheduler still want what the slot's worker does?
bool AgentProcess::is_wanted(std::uint32_t slot) const {
  const auto& running = core_.slots.at(slot).running;
  return running && !running->left.empty();
}

void AgentProcess::take_chunk(const wire::Chunk& chunk) {
  for (auto& [slot, worker] : workers_) {
    if (!worker.wanted || worker.wanted->request != chunk.request) continue;
    // What a scheduler with an older database does not want, it may not know either.
    if (!is_wanted(slot)) return;
    if (chunk.error) return world_.fail("a list cannot be read: " + *chunk.error);
    if (chunk.first != worker.list.size() || chunk.columns.empty())
      return world_.fail(who_ + " got another part of a list than it asked for");
    for (std::size_t i = 0; i < chunk.columns.size(); ++i)
      worker.list.emplace_back(chunk.columns.value(i));
    worker.wanted.reset();
    return read_on(slot);
  }
}

void AgentProcess::compute(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  const wire::Grant& grant = *worker.grant;
  const StepRef ref{grant.run, grant.step};
  Duration duration{};
  for (auto item = worker.call.first; item < worker.call.last; ++item) {
    duration += workload_.duration(ref, item);
    ++facts_.starts[{ref, grant.opening, item}];
  }
  post_for(slot, duration, [this, slot] { end_call(slot); });
}

void AgentProcess::end_call(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  const StepRef ref{worker.grant->run, worker.grant->step};
  for (auto item = worker.call.first; item < worker.call.last; ++item) {
    const Fate fate = workload_.fate(ref, item);
    if (fate == Fate::Crash) return die(slot, worker.call, Cause::Crash);
    if (fate == Fate::OutOfMemory) return die(slot, worker.call, Cause::OutOfMemory);
    if (fate == Fate::Timeout) return die(slot, worker.call, Cause::Timeout);
  }
  if (world_.strikes(faults.spurious_death, "a worker dies"))
    return die(slot, worker.call, Cause::Crash);
  if (!workload_.step(ref).map && workload_.step(ref).arguments.empty()) return return_list(slot);
  publish(slot);
  const LeaseId lease = worker.grant->lease;
  worker.next = worker.call.last;
  const bool last = worker.next == worker.grant->items.last || worker.stop_after_call;
  if (last || random_.chance(0.3)) {
    collect(slot);
    if (!up_ || !worker.grant || worker.grant->lease != lease) return;
  }
  if (!last) return begin_call(slot);
  worker.call = {};
  worker.grant = nullptr;
  handle(WorkerLeaseEnded{slot, lease});
}

void AgentProcess::publish(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  const wire::Grant& grant = *worker.grant;
  const StepRef ref{grant.run, grant.step};
  if (!worker.published) {
    worker.published = std::make_shared<wire::Results>();
    worker.published->lease = grant.lease;
    worker.published->first = worker.call.first;
  }
  wire::Results& results = *worker.published;
  for (auto item = worker.call.first; item < worker.call.last; ++item) {
    const Fate fate = workload_.fate(ref, item);
    results.seconds.push_back(std::chrono::duration<float>(workload_.duration(ref, item)).count());
    if (fate == Fate::UserError || fate == Fate::Permanent) {
      results.columns.push_back("");
      results.failures.push_back(
          wire::ItemFailure{item, Cause::UserError, error_text(item), fate == Fate::Permanent});
      continue;
    }
    if (!workload_.step(ref).map) {
      results.columns.push_back(encoded(value_of_list(grant.arguments.at(0).list.value().size)));
      continue;
    }
    std::vector<std::int64_t> inputs;
    for (const auto& argument : grant.arguments) {
      const auto input =
          decode<std::int64_t>(argument.column.value().value(item - grant.items.first));
      if (!input) return world_.fail("an input does not fit its task: " + input.error().context);
      inputs.push_back(*input);
    }
    results.columns.push_back(encoded(value_of(inputs)));
  }
}

void AgentProcess::collect(std::uint32_t slot) {
  const auto results = std::exchange(workers_[slot].published, nullptr);
  if (results) handle(WorkerResults{slot, results});
}

void AgentProcess::return_list(std::uint32_t slot) {
  const auto grant = workers_[slot].grant;
  const auto list = workload_.list_of(StepRef{grant->run, grant->step}, grant->lease);
  Duration delay{};
  for (std::size_t at = 0; at < list.size();) {
    auto chunk = std::make_shared<wire::PutChunk>();
    chunk->lease = grant->lease;
    chunk->first = at;
    const std::size_t count = std::min<std::size_t>(random_.between(1, 8), list.size() - at);
    for (std::size_t i = 0; i < count; ++i) chunk->columns.push_back(encoded(list[at + i]));
    at += count;
    delay += random_.between(Duration(1ms), Duration(300ms));
    post_for(slot, delay, [this, slot, chunk] { handle(WorkerChunk{slot, chunk}); });
  }
  post_for(slot, delay + 1ms, [this, slot, grant, size = list.size()] {
    auto results = std::make_shared<wire::Results>();
    results->lease = grant->lease;
    results->columns.push_back("");
    results->seconds.push_back(0.1F);
    results->list_size = size;
    handle(WorkerResults{slot, results});
    if (!up_) return;
    workers_[slot].grant = nullptr;
    handle(WorkerLeaseEnded{slot, grant->lease});
  });
}

void AgentProcess::die(std::uint32_t slot, Range executing, Cause cause) {
  Worker& worker = workers_[slot];
  const auto grant = worker.grant;
  worker.life += 1;
  collect(slot);  // What was published survives the worker.
  if (!up_) return;
  worker.grant = nullptr;
  worker.wanted.reset();
  if (executing.size() == 1 && grant) facts_.died_alone.insert({grant->lease, executing.first});
  handle(WorkerDied{slot, executing, cause, fmt::format("died of {}", name_of(cause)), 0.1F});
}

/// All but the first come from one file, and are built anew together.
std::vector<std::string> AgentProcess::builds() const {
  std::vector<std::string> all(tasks_.size(), std::to_string(times_built_));
  all.front().clear();
  return all;
}

void AgentProcess::build_tasks(bool others, Duration takes) {
  times_built_ += 1;
  tasks_ = others ? testing::other_task_texts() : testing::task_texts();
  world_.note(who_, others ? "has its tasks with other types" : "has its tasks built anew");
  if (!up_) return;
  handle(TasksTouched{});
  post(takes, [this] { handle(TasksBuilt{tasks_, {}, builds()}); });
}

void AgentProcess::kill_worker() {
  for (auto& [slot, worker] : workers_) {
    if (worker.grant) return die(slot, worker.call, Cause::Crash);
  }
}

}  // namespace drover::sim
