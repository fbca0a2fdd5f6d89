#include "scheduler/shell/step_paths.hpp"

#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {

Result<void> StepPaths::fill(wire::Grant& grant, const SendGrant& order, Store& store) {
  ItemKeys keys(order.step.run, order.plan.get(), order.step.step, store);
  if (!keys.has_keys()) return {};
  auto known = known_.find(order.step);
  if (known == known_.end()) {
    auto paths = item_paths([&](const LookAtKey& look) { return keys.each(look); });
    if (!paths) return fail("the keys of step '" + grant.step_name + "'", paths.error());
    known = known_.emplace(order.step, std::move(*paths)).first;
  }
  grant.common_folder = known->second.common_folder;
  grant.ordinals = known->second.repeats.of(grant.items);
  return {};
}

void StepPaths::forget(const RunId& run) {
  std::erase_if(known_, [&](const auto& entry) { return entry.first.run == run; });
}

}  // namespace drover::scheduler
