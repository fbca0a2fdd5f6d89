#include "scheduler/shell/grant_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/types/signature.hpp"
#include "scheduler/query/names.hpp"
#include "scheduler/query/step_inputs.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint64_t max_input_bytes = 256 << 10;

bool is_constant(const Source& source) { return std::holds_alternative<Constant>(source.from); }

Result<wire::Argument> whole_argument(const PlanArgument& argument, const InputOrigin& origin) {
  wire::Argument filled;
  const auto* result = std::get_if<StepResult>(&argument.source.from);
  if (result != nullptr && result->part != Part::Value) {
    const auto size = origin.store->list_size({origin.run, result->step}, result->part);
    if (!size) return tl::unexpected(size.error());
    filled.list = wire::ListArgument{result->step, static_cast<std::uint8_t>(result->part), *size};
    return filled;
  }
  auto value = value_of(argument.source, origin);
  if (!value) return tl::unexpected(value.error());
  if (value->size() > max_value_bytes) {
    return fail(ErrorCode::TooLarge, fmt::format("the value is {} bytes, at most {} are allowed",
                                                 value->size(), max_value_bytes));
  }
  filled.constant = std::move(*value);
  return filled;
}

/// How many items fit: all columns have them, and they are at most 256 KiB together (or it is one
/// item).
std::uint64_t items_that_fit(const std::vector<wire::Argument>& arguments, std::uint64_t wanted) {
  std::uint64_t count = wanted;
  for (const auto& argument : arguments) {
    if (argument.column) count = std::min<std::uint64_t>(count, argument.column->size());
  }
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    for (const auto& argument : arguments) {
      if (argument.column) bytes += argument.column->value(i).size();
    }
    if (bytes > max_input_bytes && i > 0) return i;
  }
  return count;
}

wire::Grant head_of(const SendGrant& order, const PlanStep& plan) {
  wire::Grant grant;
  grant.lease = order.lease;
  grant.opening = order.opening;
  grant.run = order.step.run;
  grant.step = order.step.step;
  grant.slot = order.slot;
  grant.items = order.items;
  grant.run_name = folder_name(order.step.run);
  grant.step_name = plan.name;
  grant.task = plan.task.name;
  grant.signature = signature_hash(plan.task);
  grant.key_argument = plan.key_argument;
  grant.largest_batch = order.largest_batch;
  grant.timeout_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(plan.options.timeout).count());
  grant.attempts = order.attempts;
  grant.results = results_folder(order.plan->results, order.step.run);
  return grant;
}

}  // namespace

bool needs_store(const SendGrant& order) {
  const PlanStep& step = order.plan->steps.at(order.step.step);
  if (step.map && step.key_argument) return true;
  const auto& arguments = step.arguments;
  return !std::all_of(arguments.begin(), arguments.end(),
                      [](const PlanArgument& argument) { return is_constant(argument.source); });
}

Result<FilledGrant> fill_grant(const SendGrant& order, Store* store) {
  const PlanStep& plan = order.plan->steps.at(order.step.step);
  const InputOrigin origin{order.step.run, *order.plan, store};
  FilledGrant filled{head_of(order, plan), std::nullopt};
  for (const auto& argument : plan.arguments) {
    const auto where = fmt::format("input '{}' of step '{}'", argument.name, plan.name);
    if (argument.feed == Feed::Whole) {
      auto value = whole_argument(argument, origin);
      if (!value) return fail(where, value.error());
      filled.grant.arguments.push_back(std::move(*value));
    } else {
      auto column = column_of(argument.source, order.items, max_input_bytes, origin);
      if (!column) return fail(where, column.error());
      if (column->empty())
        return fail(ErrorCode::NotFound, where + ": the list ends before this item");
      wire::Argument each;
      each.column = std::move(*column);
      filled.grant.arguments.push_back(std::move(each));
    }
  }
  const std::uint64_t count = items_that_fit(filled.grant.arguments, order.items.size());
  if (count < order.items.size()) {
    filled.end = order.items.first + count;
    filled.grant.items.last = *filled.end;
    if (!filled.grant.attempts.empty()) filled.grant.attempts.resize(count);
  }
  for (auto& argument : filled.grant.arguments) {
    if (argument.column && argument.column->size() > count)
      argument.column = argument.column->slice(0, count);
  }
  return filled;
}

}  // namespace drover::scheduler
