#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "common/wire/session.hpp"
#include "scheduler/core/step.hpp"
#include "scheduler/shell/grant_inputs.hpp"
#include "scheduler/store/store.hpp"
#include "tests/sim/durable_model.hpp"
#include "tests/sim/facts.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/scheduler_checks.hpp"

namespace drover::sim {

struct SchedulerFaults {
  double kill_in_effects = 0;  ///< After a step, only some of its effects happen.
  double slow_commit = 0;
  double broken_commit = 0;  ///< The disk fails in a commit, which is there or is not.
  double shorten = 0;
  double refuse = 0;
  double late_inputs = 0;
};

/// A scheduler as a process: the real core and the real store, and a shell around them that does
/// what the effects say.
class SchedulerProcess {
 public:
  SchedulerProcess(World& world, Network& network, scheduler::Store& store,
                   const Workload& workload, Facts& facts);

  void start();
  void kill();
  /// The database as it was some commits ago. Requires: not up.
  void restore(std::size_t commits);
  void stall(Duration time) { stalled_until_ = world_.now + time; }
  void set_disk_full(bool full);
  void set_clock(Duration by);  ///< Of the wall, forward or back.

  bool up() const { return up_; }
  void receive(Peer peer, const wire::Envelope& envelope, const wire::AgentMessage& message);
  void submit(const SimRun& run, std::uint64_t client);
  void cancel(const RunId& run, std::uint64_t client);

  const scheduler::State& core() const { return core_; }
  const DurableModel& durable() const { return model_; }
  scheduler::Store& store() { return store_; }
  bool everything_durable() const { return group_.empty(); }
  std::size_t commits() const { return groups_.size(); }

  std::function<void(std::uint64_t client, bool accepted)> on_submit_answer;
  std::function<void(std::uint64_t client)> on_cancel_answer;
  std::function<void()> on_killed;
  SchedulerFaults faults;

 private:
  struct Link {
    scheduler::SessionId newest;
    std::optional<scheduler::SessionId> session;
    wire::SessionInbox inbox;
    wire::SessionOutbox outbox;
  };

  void handle(const scheduler::Event& event);
  void take(Peer peer, const wire::Envelope& envelope, const wire::AgentMessage& message);
  void answer(const AgentId& agent, const scheduler::SessionId& session,
              const wire::GetChunk& wanted);
  void perform(const scheduler::Persist& effect);
  void perform(const scheduler::ToAgent& effect);
  void perform(const scheduler::SendGrant& effect);
  void perform(const scheduler::CloseSession& effect);
  void perform(const scheduler::ToClient& effect) const;
  void perform(const scheduler::RunEnded& effect);
  void perform(const scheduler::FindReuse& effect);
  void perform(const scheduler::WakeAt& effect);
  void send(const AgentId& agent, const scheduler::SessionId& session,
            wire::SchedulerMessage message);
  void fill(const scheduler::SendGrant& order);
  void deliver(const scheduler::SendGrant& order, Result<scheduler::FilledGrant> filled);
  void order_commit();
  void commit();
  void break_commit(bool is_there);
  /// Does it later, unless this life is over or the process stands still.
  void post(Duration delay, std::function<void()> act);
  /// The monotonic clock; with a mistake planted the one of the wall, which people set.
  Instant clock() const;

  World& world_;
  Network& network_;
  scheduler::Store& store_;
  const Workload& workload_;
  Facts& facts_;
  Random random_;
  DurableModel model_;
  SchedulerChecks checks_;

  bool up_ = false;
  std::uint64_t life_ = 0;
  scheduler::State core_;
  std::map<std::uint8_t, Link> links_;
  std::vector<scheduler::Save> group_;
  std::vector<std::vector<scheduler::Save>> groups_;  // all that was committed, for restore()
  std::vector<scheduler::SendGrant> waiting_orders_;  // for a commit
  bool commit_ordered_ = false;
  bool disk_full_ = false;
  bool said_full_ = false;
  std::uint64_t alarm_ = 0;
  Instant stalled_until_;
  Duration set_by_{};  // the clock of the wall
};

}  // namespace drover::sim
