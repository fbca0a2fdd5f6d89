#include "scheduler/core/list_sizes.hpp"

#include <fmt/format.h>

#include <optional>

#include "common/types/codec.hpp"

namespace drover::scheduler {
namespace {

/// Elements of one mapped argument, and which of them have no value.
Result<ItemsOfStep> size_of(const Run& run, const PlanArgument& argument) {
  if (const auto* constant = std::get_if<Constant>(&argument.source.from)) {
    const auto elements = array_elements(constant->value);
    if (!elements) return fail(fmt::format("'{}'", argument.name), elements.error());
    return ItemsOfStep{elements->size(), {}};
  }
  if (const auto* list = std::get_if<MakeList>(&argument.source.from)) {
    return ItemsOfStep{list->elements.size(), {}};
  }
  if (const auto* result = std::get_if<StepResult>(&argument.source.from)) {
    ItemsOfStep items{list_size(run, *result), {}};
    const Step& step = run.steps.at(result->step);
    if (result->part == Part::All && run.plan->steps.at(result->step).map) {
      items.skipped.insert(step.failed);
      items.skipped.insert(step.skipped);
    }
    return items;
  }
  return fail(ErrorCode::Invalid, fmt::format("'{}' does not map over a list", argument.name));
}

}  // namespace

std::uint64_t list_size(const Run& run, const StepResult& result) {
  const Step& step = run.steps.at(result.step);
  if (!run.plan->steps.at(result.step).map) return step.list_size.value_or(0);
  switch (result.part) {
    case Part::Ok:
      return step.done;
    case Part::Failed:
      return step.failed.size();
    case Part::All:
    case Part::Value:
      return step.count;
  }
  return 0;
}

Result<ItemsOfStep> list_to_map(const Run& run, const PlanStep& plan) {
  if (!plan.map) return ItemsOfStep{};
  std::optional<ItemsOfStep> items;
  std::string first_name;
  for (const auto& argument : plan.arguments) {
    if (argument.feed != Feed::Each) continue;
    auto size = size_of(run, argument);
    if (!size) return tl::unexpected(size.error());
    if (!items) {
      items = std::move(*size);
      first_name = argument.name;
    } else if (items->count != size->count) {
      return fail(ErrorCode::Invalid,
                  fmt::format("the lists of 'each' differ in length: '{}' has {}, '{}' has {}",
                              first_name, items->count, argument.name, size->count));
    } else {
      items->skipped.insert(size->skipped);
    }
  }
  if (!items) return fail(ErrorCode::Invalid, "a step maps over nothing");
  return std::move(*items);
}

}  // namespace drover::scheduler
