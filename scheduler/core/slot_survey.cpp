#include "scheduler/core/slot_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/spelling.hpp"
#include "scheduler/core/missing_task.hpp"
#include "scheduler/core/offered_tasks.hpp"
#include "scheduler/core/other_types.hpp"

namespace drover::scheduler {
namespace {

/// Left or lost: it may come back as a new one, nothing waits for it.
bool is_gone(const Agent& agent) { return !agent.session && !agent.has_row; }

std::string wanted(const Subject& of, Unfit why, const std::set<std::string>& agents) {
  const StepOptions& options = of.plan().options;
  switch (why) {
    case Unfit::NotConnected:
    case Unfit::Silent:
      return listed(std::vector<std::string>(agents.begin(), agents.end()));
    case Unfit::NoTask:
    case Unfit::OtherSignature:
    case Unfit::KeptForOlderRun:
      return of.plan().task.name;
    case Unfit::Label: {
      std::string labels;
      for (const auto& [name, value] : options.where) {
        labels += fmt::format("{}{}: {}", labels.empty() ? "" : ", ", name, value);
      }
      return fmt::format("{{{}}}", labels);
    }
    case Unfit::OutOfService:
      return listed(std::vector<std::string>(agents.begin(), agents.end()));
    case Unfit::Gpu:
      return fmt::format("{:g}", options.resources.gpu);
    case Unfit::Cpu:
      return fmt::format("{:g}", options.resources.cpu);
    case Unfit::Memory:
      return spoken(options.resources.memory);
  }
  return "";
}

SlotsBusy busy(const Subject& of, const Survey& pool) {
  SlotsBusy reason{pool.usable, {}};
  for (const auto& [ref, slots] : pool.busy_with) {
    const auto& plan = *of.state.runs.at(ref.run).plan;
    reason.with.push_back({ref.run, plan.steps.at(ref.step).name, slots});
  }
  std::ranges::stable_sort(reason.with, [](const auto& a, const auto& b) {
    return std::tuple(b.slots, a.run) < std::tuple(a.slots, b.run);
  });
  return reason;
}

SlotsCannot slots_cannot(const Subject& of, const Survey& pool, Unfit why, std::uint32_t slots,
                         std::string detail) {
  SlotsCannot reason{why, slots, std::move(detail), {}};
  if (why == Unfit::OtherSignature) {
    reason.go_on = pool.usable;
    reason.is_given_up = has_only_other_types(of.state, of.step(), of.plan(), of.now);
    if (of.run.spec) reason.anew = run_command(*of.run.spec);
  }
  if (why == Unfit::NoTask) {
    reason.go_on = pool.older;
    if (pool.older > 0 || pool.usable == 0)
      reason.not_loaded = why_missing(of.state, of.plan().task.name);
  }
  return reason;
}

}  // namespace

Survey survey(const Subject& of) {
  Survey found;
  for (const auto& [id, agent] : of.state.agents) {
    if (is_gone(agent)) {
      if (agent.tasks.contains(of.plan().task.name)) found.away.push_back(agent.name);
      continue;
    }
    for (const auto& [number, slot] : agent.slots) {
      ++found.slots;
      if (const auto why = unfit(of.state, agent, slot, of.step(), of.plan(), of.now)) {
        auto& unusable = found.cannot[*why];
        ++unusable.slots;
        unusable.agents.insert(agent.name);
        continue;
      }
      ++found.usable;
      if (!offers(agent, of.plan().task.name, of.step().task_hash)) ++found.older;
      if (slot.leases.empty()) {
        ++found.idle;
      } else {
        ++found.busy_with[of.state.leases.at(slot.leases.front()).step];
      }
    }
  }
  return found;
}

void add_slot_reasons(const Subject& of, const Survey& pool, std::vector<WhyWaiting>& reasons) {
  const auto no_task = pool.cannot.find(Unfit::NoTask);
  if (pool.slots == 0) {
    const auto connected = std::ranges::count_if(
        of.state.agents, [](const auto& each) { return each.second.session.has_value(); });
    reasons.emplace_back(NoSlots{static_cast<std::uint32_t>(connected)});
  } else if (no_task != pool.cannot.end() && no_task->second.slots == pool.slots) {
    const std::string& task = of.plan().task.name;
    reasons.emplace_back(TaskNotOffered{task, pool.away, why_missing(of.state, task)});
  } else {
    for (const auto& [why, unusable] : pool.cannot) {
      reasons.emplace_back(
          slots_cannot(of, pool, why, unusable.slots, wanted(of, why, unusable.agents)));
    }
    if (pool.usable > 0 && pool.idle == 0) reasons.emplace_back(busy(of, pool));
  }
}

}  // namespace drover::scheduler
