#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "tests/sim/agent_process.hpp"
#include "tests/sim/clients.hpp"
#include "tests/sim/scheduler_process.hpp"

namespace drover::sim {

/// What goes wrong, and when it stops going wrong.
class FaultPlan {
 public:
  FaultPlan(World& world, Network& network, SchedulerProcess& scheduler,
            std::deque<AgentProcess>& agents, Clients& clients, Facts& facts, Workload& workload);

  void start();
  bool over() const { return over_; }

 private:
  enum class Kind : std::uint8_t {
    BlockUp,
    BlockDown,
    BlockBoth,
    KillScheduler,
    RestoreBackup,
    KillAgent,
    KillAgentForGood,
    StopAgent,
    KillWorker,
    FillDisk,
    Stall,
    SetClock,
    BuildTasks,
  };
  void choose();
  void next();
  void make(Kind kind, Random random);
  void restart_scheduler();
  void heal();
  void start_later(std::uint8_t agent);

  World& world_;
  Network& network_;
  SchedulerProcess& scheduler_;
  std::deque<AgentProcess>& agents_;
  Clients& clients_;
  Facts& facts_;
  Workload& workload_;
  Random random_;
  std::vector<Kind> kinds_;
  Duration often_{};
  bool over_ = false;
  std::set<std::size_t> gone_;  // agents, for good
};

}  // namespace drover::sim
