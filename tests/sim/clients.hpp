#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "tests/sim/scheduler_process.hpp"

namespace drover::sim {

/// Submit each run (reruns once their parents have ended), ask again until there is an answer, and
/// cancel some of them. Requests and answers get lost.
class Clients {
 public:
  Clients(World& world, SchedulerProcess& scheduler, const Workload& workload);

  void start();
  /// The database is older than it was: what it does not know any more is submitted anew.
  void after_restore();
  void heal() { loss_ = 0; }
  /// Every request has its answer, and every run has ended.
  bool satisfied() const;

 private:
  struct Asked {
    bool accepted = false;
    bool cancel = false;
    bool cancelled = false;
  };

  void submit(std::size_t run);
  void cancel(std::size_t run);

  World& world_;
  SchedulerProcess& scheduler_;
  const Workload& workload_;
  std::vector<Asked> asked_;  // as the runs of the workload
  Random random_;
  double loss_ = 0;
};

}  // namespace drover::sim
