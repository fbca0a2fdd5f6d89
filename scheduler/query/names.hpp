#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "scheduler/core/live_view.hpp"
#include "scheduler/query/stored_plan.hpp"
#include "scheduler/store/store.hpp"

/// From what a person typed to what is meant. A name that fits several is NotFound, and the error
/// lists them.
namespace drover::scheduler {

/// What is unique of the run's id, at least four digits.
std::string short_id(const RunId& run, Store& store);

/// The name of a run in paths and logs, whether or not it is unique: its first eight digits.
std::string folder_name(const RunId& run);

/// The folder of a run below the folder for results.
std::string results_folder(std::string_view results, const RunId& run);

/// Is `text` the run's id or the beginning of it?
bool is_named(const RunId& run, std::string_view text);

/// `text` is an id, what is unique of one, or `last`.
Result<RunId> resolve_run(const std::string& text, Store& store);

/// The same among active runs only, without the store; nothing where it is not one of them. After a
/// restart `last` is the newest that had not ended.
std::optional<RunId> active_run(const std::string& text, const State& state);

/// A run that was found, with what is known of it.
struct FoundRun {
  RunRow row;
  std::shared_ptr<const Plan> plan;  ///< Null where its workflow is not understood any more.
  std::string plan_error;            ///< Why.
  const Run* live = nullptr;         ///< While it is active; belongs to the view.

  const RunId& id() const { return row.run; }
  std::string item_word() const { return plan ? plan->item_word : "item"; }
};
/// `plans` may be null.
Result<FoundRun> find_run(const std::string& text, const LiveView& view, Store& store,
                          StoredPlans* plans);
FoundRun with_plan(RunRow row, const LiveView& view, Store& store, StoredPlans* plans);

/// The plan, or why there is none.
Result<const Plan*> plan_of_found(const FoundRun& run);

Result<std::uint32_t> find_step(const Plan& plan, const std::string& name);

/// Which step is meant. Without a name: the only one that maps, else the only one. Where there are
/// several, the error has the command that names one: `with_step` says it.
using WithStep = std::function<std::string(const std::string& step)>;
Result<std::uint32_t> resolve_step(const Plan& plan, const std::optional<std::string>& name,
                                   const WithStep& with_step);

/// More keys than these are not searched: then the index must be given.
inline constexpr std::uint64_t max_searched_keys = 2'000'000;

/// `text` is an index, a key, the last part of a key's path, or any part that is unique.
/// Requires: the step is one of the run's plan.
Result<ItemIndex> resolve_item(const FoundRun& run, std::uint32_t step, const std::string& text,
                               Store& store);

}  // namespace drover::scheduler
