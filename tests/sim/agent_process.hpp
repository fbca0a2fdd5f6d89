#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "agent/core/step.hpp"
#include "common/wire/session.hpp"
#include "tests/sim/facts.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/workload.hpp"
#include "tests/support/plans.hpp"

namespace drover::sim {

struct AgentFaults {
  double spurious_death = 0;  ///< Share of calls whose worker dies for no fault of theirs.
};

/// An agent as a process: the real core, and a shell with simulated workers around it.
class AgentProcess {
 public:
  AgentProcess(World& world, Network& network, const Workload& workload, Facts& facts,
               std::uint8_t number, std::uint32_t slots);

  void start();
  void kill();
  void stop();  ///< Leaves politely.
  bool up() const { return up_; }
  void receive(Peer peer, const wire::Envelope& envelope, const wire::SchedulerMessage& message);
  void kill_worker();  ///< One that is busy, if there is one.
  /// Its tasks are built anew, with other types where `others`.
  void build_tasks(bool others, Duration takes);

  /// Nothing held, nothing unanswered, welcomed.
  bool idle() const;
  const agent::State& core() const { return core_; }

  AgentFaults faults;

 private:
  struct Worker {
    std::uint64_t life =
        0;  ///< Grows with each start and death: what is posted for an older one is void.
    std::shared_ptr<const wire::Grant> grant;
    ItemIndex next = 0;  ///< Of the items of the grant.
    Range call;
    bool stop_after_call = false;
    std::shared_ptr<wire::Results> published;  ///< Not collected yet.
    std::vector<std::string> list;             ///< What it has read of its argument.
    std::optional<wire::GetChunk> wanted;      ///< It waits for this part.
  };

  void handle(const agent::Event& event);
  void check();
  void perform(const agent::StartWorker& effect);
  void perform(const agent::ReloadWorker& effect);
  std::vector<std::string> builds() const;
  void perform(const agent::RunLease& effect);
  void perform(const agent::StopLease& effect);
  void perform(const agent::StopWorkers& effect);
  void perform(const agent::OpenSession& effect);
  void perform(const agent::Send& effect);
  void perform(const agent::SendHeartbeat& effect);
  void perform(const agent::HoldWorkers&) {}
  void perform(const agent::AskForChunksAgain&);
  void perform(const agent::Finished& effect);
  void perform(const agent::WakeAt& effect);

  void post(Duration delay, std::function<void()> act);
  void post_for(std::uint32_t slot, Duration delay, std::function<void()> act);
  void begin_call(std::uint32_t slot);
  void read_on(std::uint32_t slot);
  void take_chunk(const wire::Chunk& chunk);
  bool is_wanted(std::uint32_t slot) const;
  void compute(std::uint32_t slot);
  void end_call(std::uint32_t slot);
  void publish(std::uint32_t slot);
  void collect(std::uint32_t slot);
  void return_list(std::uint32_t slot);
  void die(std::uint32_t slot, Range executing, Cause cause);
  void transmit(wire::AgentMessage message);
  void check_storm(const wire::AgentMessage& message);

  World& world_;
  Network& network_;
  const Workload& workload_;
  Facts& facts_;
  Random random_;
  std::uint8_t number_;
  std::uint32_t slots_;
  std::string who_;

  bool up_ = false;
  std::uint64_t life_ = 0;  // also the incarnation
  agent::State core_;
  wire::SessionInbox inbox_;
  wire::SessionOutbox outbox_;
  std::map<std::uint32_t, Worker> workers_;
  std::vector<std::string> tasks_ = testing::task_texts();  // as they are on its disk
  std::uint64_t times_built_ = 0;
  std::uint64_t alarm_ = 0;
  std::uint64_t next_request_ = 0;
  std::set<std::tuple<LeaseId, wire::Answered, ItemIndex>> said_;  // in this session
  std::deque<Instant> opened_;                                     // sessions, in the last second
};

}  // namespace drover::sim
