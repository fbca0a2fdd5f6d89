#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduler/core/save.hpp"
#include "tests/sim/workload.hpp"
#include "tests/sim/world.hpp"

namespace drover::sim {

/// What is durable, kept as plainly as can be, and checked with every save that becomes so.
class DurableModel {
 public:
  struct Step {
    scheduler::StepState state = scheduler::StepState::Waiting;
    std::optional<OpeningId> opening;
    std::uint64_t count = 0;
    std::map<ItemIndex, std::string> done;  ///< Values.
    std::map<ItemIndex, Cause> failed;
    std::set<ItemIndex> skipped;
    std::set<ItemIndex> taken_over;     ///< Of `done`: results of the run that this one repeats.
    std::set<ItemIndex> failed_before;  ///< Of `failed`: in that run.
    std::map<ItemIndex, std::vector<std::pair<LeaseId, Cause>>> charges;
    std::map<LeaseId, std::map<std::uint64_t, std::string>> chunks;
    std::optional<LeaseId> list_of;
    std::uint64_t list_size = 0;

    bool ended(ItemIndex item) const {
      return done.contains(item) || failed.contains(item) || skipped.contains(item);
    }
    std::vector<std::string> list() const;  ///< Of a plain step that returned one.
  };
  struct Run {
    scheduler::RunState state = scheduler::RunState::Running;
    std::vector<Step> steps;
    std::optional<scheduler::SaveTakeOver> takes_over;
    std::map<std::uint32_t, scheduler::SaveMoved> moved;  // By step.
  };

  DurableModel(World& world, const Workload& workload) : world_(&world), workload_(&workload) {}

  void apply(const scheduler::Save& save);
  const Run* run(const RunId& id) const;
  const Step* step(const StepRef& ref) const;
  /// True where nothing can come of the item any more: it, its step or its run ended.
  bool closed(const StepRef& ref, ItemIndex item) const;

  std::map<RunId, Run> runs;
  std::map<AgentId, std::uint64_t> agents;  ///< Joined ones.

 private:
  Step* open_step(const StepRef& ref, const char* what);
  void take_over(Step& step, const Step& from, const scheduler::TakenOver& taken);
  void save(const scheduler::SaveRun&);
  void save(const scheduler::SaveOpening&);
  void save(const scheduler::SaveResults&);
  void save(const scheduler::SaveChunk&);
  void save(const scheduler::SaveList&);
  void save(const scheduler::SaveFailure&);
  void save(const scheduler::SaveStepEnded&);
  void save(const scheduler::SaveRunEnded&);
  void save(const scheduler::SaveTakeOver&);
  void save(const scheduler::SaveReuse&);
  void save(const scheduler::SaveMoved&);
  void move(Step& step, const scheduler::SaveMoved& moved);
  void save(const scheduler::SaveAgent& agent) { agents[agent.agent] = agent.incarnation; }
  void save(const scheduler::DropAgent& agent) { agents.erase(agent.agent); }
  void save(const scheduler::SaveTask&) {}
  void save(const scheduler::SaveEvent&) {}

  World* world_;
  const Workload* workload_;
};

}  // namespace drover::sim
