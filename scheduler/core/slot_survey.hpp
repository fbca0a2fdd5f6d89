#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scheduler/core/explain.hpp"

/// What the slots of the pool have to do with a step; a part of what explain() says.
namespace drover::scheduler {

/// A step of the state, with what belongs to it.
struct Subject {
  const State& state;
  const Run& run;
  StepRef ref;
  Instant now;

  const Step& step() const { return run.steps.at(ref.step); }
  const PlanStep& plan() const { return run.plan->steps.at(ref.step); }
};

/// What every slot of the pool has to do with one step.
struct Survey {
  struct Unusable {
    std::uint32_t slots = 0;
    std::set<std::string> agents;
  };
  std::uint32_t slots = 0;
  std::uint32_t usable = 0;
  std::uint32_t idle = 0;   // usable, and without any work
  std::uint32_t older = 0;  // usable, and with the task as its agent has it no more
  std::map<Unfit, Unusable> cannot;
  std::map<StepRef, std::uint32_t> busy_with;
  std::vector<std::string> away;  // gone, and offered the task
};

Survey survey(const Subject& of);

/// Why no slot takes more of the step, as far as that is up to the slots.
void add_slot_reasons(const Subject& of, const Survey& pool, std::vector<WhyWaiting>& reasons);

}  // namespace drover::scheduler
