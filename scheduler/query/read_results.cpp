#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/spelling.hpp"
#include "common/types/codec.hpp"
#include "scheduler/query/asking.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint32_t most_elements = 4096;
/// Values and keys together; a frame holds 2 MiB, and one value of 1 MiB fits beside this.
constexpr std::uint64_t most_bytes = 896 << 10;

Result<std::uint32_t> step_of(const Plan& plan, const std::optional<std::string>& name) {
  if (name) return find_step(plan, *name);
  if (plan.outputs.size() == 1) return plan.outputs.front();
  std::vector<std::string> names;
  for (const auto output : plan.outputs) names.push_back(plan.steps.at(output).name);
  return fail(ErrorCode::NotFound, fmt::format("say which step: {}", listed(names, 20)));
}

void describe(const Type& element, wire::ResultsPage& page) {
  page.type = to_string(element);
  std::vector<Type> structs;
  collect_structs(element, structs);
  for (const Type& type : structs) page.structs[type.name()] = fields_to_string(type);
}

/// A list stands for items without a result as nil; here they are empty. Where nil may be a result
/// the store says which it is.
Result<Columns> without_missing(Columns all, const Type& element, const StepRef& ref,
                                std::uint64_t first, Store& store) {
  const std::string nil(1, packed::nil);
  bool any = false;
  for (std::size_t i = 0; i < all.size() && !any; ++i) any = all.value(i) == nil;
  if (!any) return all;
  std::vector<bool> missing(all.size(), true);
  if (element.is(Type::Kind::Optional)) {
    const auto done = store.read_items(ref, ItemState::Done, first, all.size());
    if (!done) return tl::unexpected(done.error());
    for (const ItemRow& row : *done) {
      if (row.item - first < missing.size()) missing[row.item - first] = false;
    }
  }
  Columns marked;
  for (std::size_t i = 0; i < all.size(); ++i) {
    marked.push_back(missing[i] && all.value(i) == nil ? std::string_view() : all.value(i));
  }
  return marked;
}

Result<void> add_items(const Asking& asking, const FoundRun& run, const StepRef& ref,
                       std::uint32_t limit, wire::ResultsPage& page) {
  const auto total = asking.store.list_size(ref, Part::All);
  if (!total) return tl::unexpected(total.error());
  page.total = *total;
  auto columns = asking.store.read_list(ref, Part::All, page.first, ReadLimit{limit, most_bytes});
  if (!columns) return tl::unexpected(columns.error());
  const Type& element = run.plan->steps.at(ref.step).returns;
  columns = without_missing(std::move(*columns), element, ref, page.first, asking.store);
  if (!columns) return tl::unexpected(columns.error());
  ItemKeys keys(run.id(), run.plan.get(), ref.step, asking.store);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < columns->size(); ++i) {
    std::string key = keys.key(page.first + i);
    bytes += key.size() + columns->value(i).size();
    if (bytes > most_bytes && i > 0) break;
    page.keys.push_back(std::move(key));
  }
  page.columns = columns->slice(0, page.keys.size());
  return {};
}

Result<void> add_list(const Asking& asking, const StepRef& ref, std::uint32_t limit,
                      wire::ResultsPage& page) {
  const auto total = asking.store.list_size(ref, Part::Value);
  if (!total) return tl::unexpected(total.error());
  page.total = *total;
  auto columns = asking.store.read_list(ref, Part::Value, page.first, ReadLimit{limit, most_bytes});
  if (!columns) return tl::unexpected(columns.error());
  page.columns = std::move(*columns);
  return {};
}

Result<void> add_value(const Asking& asking, const StepRef& ref, wire::ResultsPage& page) {
  const auto value = asking.store.read_value(ref);
  if (!value) return tl::unexpected(value.error());
  page.total = 1;
  if (page.first == 0) page.columns.push_back(*value);
  return {};
}

/// Says why a plain step has no result.
tl::unexpected<Error> no_result(const StepRow& step) {
  const std::string why = step.reason.empty() ? "" : ": " + step.reason;
  const bool never_ran = step.state == StepState::Cancelled && !step.opened;
  const std::string what =
      never_ran ? "it did not run" : fmt::format("it is {}", name_of(step.state));
  return fail(ErrorCode::NotFound, fmt::format("'{}' has no result, {}{}", step.name, what, why));
}

}  // namespace

Result<wire::ResultsPage> read_results(const Asking& asking, const wire::ReadResults& request) {
  const auto run = asking.find(request.run);
  if (!run) return tl::unexpected(run.error());
  const auto plan = plan_of_found(*run);
  if (!plan) return tl::unexpected(plan.error());
  const auto index = step_of(**plan, request.step);
  if (!index) return tl::unexpected(index.error());
  const auto rows = asking.store.steps(run->id());
  if (!rows) return tl::unexpected(rows.error());

  const PlanStep& step = (*plan)->steps.at(*index);
  const StepRow& row = rows->at(*index);
  const StepRef ref{run->id(), *index};
  const std::uint32_t limit = std::clamp(request.limit, 1U, most_elements);
  wire::ResultsPage page;
  page.run = run->id();
  page.step = step.name;
  page.first = request.first;
  page.list = step.map || step.returns.is(Type::Kind::List);
  describe(step.map || !page.list ? step.returns : step.returns.element(), page);

  Result<void> added;
  if (step.map) {
    added = add_items(asking, *run, ref, limit, page);
  } else if (row.items.done == 0) {
    return no_result(row);
  } else if (page.list) {
    added = add_list(asking, ref, limit, page);
  } else {
    added = add_value(asking, ref, page);
  }
  if (!added) return tl::unexpected(added.error());
  return page;
}

}  // namespace drover::scheduler
