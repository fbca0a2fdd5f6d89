#include "scheduler/core/placement.hpp"

#include <algorithm>

#include "common/check.hpp"
#include "common/plant.hpp"
#include "scheduler/core/offered_tasks.hpp"
#include "scheduler/core/service.hpp"

namespace drover::scheduler {
namespace {

bool labels_match(const Agent& agent, const StepOptions& options) {
  return std::all_of(options.where.begin(), options.where.end(), [&](const auto& wanted) {
    const auto label = agent.labels.find(wanted.first);
    return label != agent.labels.end() && label->second == wanted.second;
  });
}

/// The front of the free items, as far as they are all under one suspicion or all under none.
LeaseCut front_of(const Step& step, std::uint32_t batch) {
  LeaseCut cut{step.free.front(), batch};
  const auto next = step.suspects.upper_bound(cut.items.first);
  if (next != step.suspects.end()) cut.items.last = std::min(cut.items.last, next->first);
  if (next != step.suspects.begin() && std::prev(next)->second.last > cut.items.first) {
    cut.items.last = std::min(cut.items.last, std::prev(next)->second.last);
    cut.largest_batch = std::prev(next)->second.largest_batch;
  }
  return cut;
}

}  // namespace

std::optional<Unfit> unfit(const Agent& agent, const Step& step, const PlanStep& plan,
                           Instant now) {
  if (!agent.session || !agent.session->welcomed) return Unfit::NotConnected;
  if (now - agent.heard >= suspect_after) return Unfit::Silent;
  if (const auto why = task_unfit(agent, step, plan)) return why;
  if (!labels_match(agent, plan.options)) return Unfit::Label;
  return std::nullopt;
}

std::optional<Unfit> unfit(const State& state, const Agent& agent, const Slot& slot,
                           const Step& step, const PlanStep& plan, Instant now) {
  if (const auto why = unfit(agent, step, plan, now)) return why;
  if (const auto why = task_unfit(state, agent, slot, step, plan, now)) return why;
  if (out_of_service(slot, now)) return Unfit::OutOfService;
  return options_unfit(agent, slot, plan.options);
}

std::optional<Unfit> options_unfit(const Agent& agent, const Slot& slot,
                                   const StepOptions& options) {
  if (!labels_match(agent, options)) return Unfit::Label;
  const Resources& wanted = options.resources;
  if (wanted.gpu > slot.offer.gpu && !wanted.gpu_preferred) return Unfit::Gpu;
  if (wanted.cpu > slot.offer.cpu) return Unfit::Cpu;
  if (wanted.memory.count > slot.offer.memory_bytes) return Unfit::Memory;
  return std::nullopt;
}

std::size_t fitting_slots(const State& state, const Step& step, const PlanStep& plan, Instant now) {
  std::size_t count = 0;
  for (const auto& [id, agent] : state.agents) {
    for (const auto& [number, slot] : agent.slots) {
      if (!unfit(state, agent, slot, step, plan, now)) ++count;
    }
  }
  return count;
}

bool waits_for_agents(const State& state, const Step& step) {
  return step.of_older_life && !state.awaited.empty();
}

std::vector<ItemIndex> retries_due(const State& state, const Step& step, Instant now,
                                   std::size_t most) {
  std::vector<ItemIndex> items;
  for (const auto& [due, item] : step.retry_queue) {
    if (due > now || items.size() == most) break;
    const bool durable = step.charged.at(item).saved_by <= state.committed;
    if (durable || planted(Plant::RetryBeforeCharge)) items.push_back(item);
  }
  return items;
}

LeaseCut cut_lease(const Step& step, const PlanStep& plan, std::size_t slots) {
  CHECK(!step.free.empty() && slots > 0);
  const std::uint32_t batch = std::max(1U, plan.options.batch);
  LeaseCut cut = front_of(step, batch);
  std::uint64_t by_time = 1;
  if (step.item_seconds) {
    const double fit = lease_seconds / std::max(*step.item_seconds, 1e-9);
    by_time = fit >= static_cast<double>(max_lease_items) ? max_lease_items
                                                          : static_cast<std::uint64_t>(fit);
  }
  const std::uint64_t share = step.free.size() / (2 * slots);
  std::uint64_t size = std::min({step.lease_size, by_time, share});
  size = std::max({size, std::uint64_t{1}, std::uint64_t{cut.largest_batch}});
  cut.items.last = std::min(cut.items.last, cut.items.first + std::min(size, max_lease_items));
  return cut;
}

}  // namespace drover::scheduler
