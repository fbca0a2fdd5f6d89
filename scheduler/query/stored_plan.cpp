#include "scheduler/query/stored_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/types/signature.hpp"
#include "common/workflow/check.hpp"
#include "common/workflow/parse.hpp"
#include "common/workflow/units_text.hpp"

namespace drover::scheduler {

Result<Catalogue> catalogue_of(const RunSpec& spec) {
  Catalogue catalogue;
  for (const auto& text : spec.tasks) {
    auto signature = parse_signature(text);
    if (!signature) return fail(fmt::format("task '{}'", text), signature.error());
    catalogue.insert_or_assign(signature->name, std::move(*signature));
  }
  return catalogue;
}

Result<void> override_allow_failed(Plan& plan, const std::string& text) {
  const auto allowed = parse_allow_failed(text);
  if (!allowed) return tl::unexpected(allowed.error());
  for (auto& step : plan.steps) {
    if (step.map) step.options.allow_failed = *allowed;
  }
  return {};
}

Result<std::shared_ptr<const Plan>> plan_of(const RunSpec& spec) {
  const auto catalogue = catalogue_of(spec);
  if (!catalogue) return tl::unexpected(catalogue.error());
  InputTexts inputs = spec.inputs;
  const auto override_text = inputs.extract(allow_failed_override);
  auto checked =
      check(parse_workflow(spec.text, spec.file), *catalogue, inputs, spec.working_directory);
  if (const auto* problems = std::get_if<std::vector<Diagnostic>>(&checked)) {
    return fail(ErrorCode::Invalid, render(*problems, spec.text, ""));
  }
  auto plan = std::make_shared<Plan>(std::get<Plan>(std::move(checked)));
  if (!override_text.empty()) {
    const auto allowed = override_allow_failed(*plan, override_text.mapped());
    if (!allowed) return fail(allow_failed_override, allowed.error());
  }
  return plan;
}

std::shared_ptr<const Plan> StoredPlans::find(const RunId& run) {
  const auto found = std::ranges::find(recent_, run, [](const auto& entry) { return entry.first; });
  if (found == recent_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found);
  return found->second;
}

void StoredPlans::keep(const RunId& run, std::shared_ptr<const Plan> plan) {
  recent_.emplace_front(run, std::move(plan));
  if (recent_.size() > most) recent_.pop_back();
}

Result<std::shared_ptr<const Plan>> plan_of_run(const RunId& run, Store& store,
                                                StoredPlans* plans) {
  if (plans != nullptr) {
    if (auto known = plans->find(run)) return known;
  }
  const auto stored = store.stored_run(run);
  if (!stored) return tl::unexpected(stored.error());
  auto plan = plan_of(*stored->spec);
  if (!plan) return plan;
  if ((*plan)->steps.size() != stored->steps.size()) {
    return fail(ErrorCode::Invalid, "it has other steps than the run");
  }
  if (plans != nullptr) plans->keep(run, *plan);
  return plan;
}

}  // namespace drover::scheduler
