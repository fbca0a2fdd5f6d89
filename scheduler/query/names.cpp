#include "scheduler/query/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "common/spelling.hpp"
#include "common/workflow/diagnostic.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t shortest_id = 4;
constexpr std::size_t folder_digits = 8;
constexpr std::size_t most_listed = 5;
constexpr std::uint64_t runs_looked_at = 1000;  // for a message

bool is_hex(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// `7f3a01 offline-detection`, one for each run that `fits`, up to a few.
template <class Fits>
std::vector<std::string> some_runs(Store& store, Fits fits) {
  std::vector<std::string> named;
  const auto rows = store.runs(runs_looked_at);
  if (!rows) return named;
  for (const RunRow& row : *rows) {
    if (named.size() == most_listed) break;
    if (fits(row)) named.push_back(fmt::format("{} {}", short_id(row.run, store), row.name));
  }
  return named;
}

tl::unexpected<Error> no_run(const std::string& text, Store& store) {
  const auto newest = some_runs(store, [](const RunRow&) { return true; });
  if (newest.empty()) {
    return fail(ErrorCode::NotFound,
                fmt::format("there is no run '{}': nothing has run yet", text));
  }
  return fail(ErrorCode::NotFound, fmt::format("there is no run '{}'; the newest: {}", text,
                                               listed(newest, most_listed)));
}

Result<RunRow> run_row(const std::string& text, Store& store) {
  if (text == "last") {
    auto newest = store.runs(1);
    if (!newest) return tl::unexpected(newest.error());
    if (newest->empty()) return no_run(text, store);
    return std::move(newest->front());
  }
  if (!is_hex(text)) return no_run(text, store);
  auto row = store.run(text);
  if (row || (row.error().code != ErrorCode::NotFound && row.error().code != ErrorCode::Invalid)) {
    return row;
  }
  if (row.error().code == ErrorCode::NotFound) return no_run(text, store);
  const auto fitting = some_runs(store, [digits = lower(text)](const RunRow& candidate) {
    return to_string(candidate.run).starts_with(digits);
  });
  if (fitting.empty()) return fail(ErrorCode::NotFound, row.error().context);
  return fail(ErrorCode::NotFound,
              fmt::format("'{}' may be several runs: {}", text, listed(fitting, most_listed)));
}

std::vector<std::string> step_names(const Plan& plan, bool only_maps) {
  std::vector<std::string> names;
  for (const auto& step : plan.steps) {
    if (step.map || !only_maps) names.push_back(step.name);
  }
  return names;
}

/// Items whose keys fit a text in one way.
struct Fitting {
  std::uint64_t count = 0;
  ItemIndex first = 0;
  std::vector<std::string> keys;  // a few

  void add(ItemIndex item, std::string_view key) {
    if (count++ == 0) first = item;
    if (keys.size() < most_listed) keys.emplace_back(key);
  }
};

tl::unexpected<Error> several_items(const std::string& text, const Fitting& fitting,
                                    const std::string& word) {
  std::string list;
  for (const auto& key : fitting.keys) list += fmt::format("\n  {}", key);
  if (fitting.count > fitting.keys.size()) {
    list += fmt::format("\n  and {} more", grouped(fitting.count - fitting.keys.size()));
  }
  return fail(ErrorCode::NotFound,
              fmt::format("'{}' may be {}:{}", text, counted(fitting.count, word), list));
}

/// Of a step that has no items: not yet, none at all, or it never ran.
std::string why_no_items(const FoundRun& run, std::uint32_t step, Store& store) {
  const std::string& name = run.plan->steps.at(step).name;
  const auto rows = store.steps(run.id());
  if (!rows || run.row.state == RunState::Running) {
    return fmt::format("'{}' has no {}s yet", name, run.item_word());
  }
  if (rows->at(step).opened) {
    return fmt::format("'{}' had no {}s: its list was empty", name, run.item_word());
  }
  const auto failed = std::ranges::find(*rows, StepState::Failed, &StepRow::state);
  return failed != rows->end() ? fmt::format("'{}' never ran: '{}' failed", name, failed->name)
                               : fmt::format("'{}' never ran: the run was cancelled", name);
}

}  // namespace

std::string short_id(const RunId& run, Store& store) {
  const std::string all = to_string(run);
  for (std::size_t digits = shortest_id; digits < all.size(); ++digits) {
    const auto found = store.run(std::string_view(all).substr(0, digits));
    // A run that is not stored yet is unique where nothing begins like it.
    const bool free = !found && found.error().code == ErrorCode::NotFound;
    if (free || (found && found->run == run)) return all.substr(0, digits);
  }
  return all;
}

std::string folder_name(const RunId& run) { return to_string(run).substr(0, folder_digits); }

std::string results_folder(std::string_view results, const RunId& run) {
  return fmt::format("{}/{}", results, folder_name(run));
}

bool is_named(const RunId& run, std::string_view text) {
  return is_hex(text) && to_string(run).starts_with(lower(std::string(text)));
}

Result<RunId> resolve_run(const std::string& text, Store& store) {
  return run_row(text, store).map([](const RunRow& row) { return row.run; });
}

std::optional<RunId> active_run(const std::string& text, const State& state) {
  std::optional<RunId> found;
  for (const auto& [id, run] : state.runs) {
    const bool fits = text == "last" ? run.order + 1 == state.next_order : is_named(id, text);
    if (!fits) continue;
    if (found) return std::nullopt;
    found = id;
  }
  return found;
}

FoundRun with_plan(RunRow row, const LiveView& view, Store& store, StoredPlans* plans) {
  FoundRun found;
  found.row = std::move(row);
  const auto live = view.state.runs.find(found.row.run);
  // What the store says has ended has ended, even where the view is older.
  if (found.row.state == RunState::Running && live != view.state.runs.end()) {
    found.live = &live->second;
    found.plan = live->second.plan;
    return found;
  }
  auto plan = plan_of_run(found.row.run, store, plans);
  if (plan) {
    found.plan = std::move(*plan);
  } else {
    found.plan_error = plan.error().context;
  }
  return found;
}

Result<FoundRun> find_run(const std::string& text, const LiveView& view, Store& store,
                          StoredPlans* plans) {
  auto row = run_row(text, store);
  if (!row) return tl::unexpected(row.error());
  return with_plan(std::move(*row), view, store, plans);
}

Result<const Plan*> plan_of_found(const FoundRun& run) {
  if (run.plan) return run.plan.get();
  return fail(ErrorCode::Unsupported,
              fmt::format("the workflow of run {} is not understood any more: {}",
                          to_string(run.id()), run.plan_error));
}

Result<std::uint32_t> find_step(const Plan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.steps, name, &PlanStep::name);
  if (found != plan.steps.end()) return static_cast<std::uint32_t>(found - plan.steps.begin());
  const auto names = step_names(plan, false);
  const std::string near = did_you_mean(name, names);
  return fail(
      ErrorCode::NotFound,
      fmt::format("there is no step '{}'{} {}", name,
                  near.empty() ? "; the steps are" : near + " The steps are", listed(names, 20)));
}

Result<std::uint32_t> resolve_step(const Plan& plan, const std::optional<std::string>& name,
                                   const WithStep& with_step) {
  if (name) return find_step(plan, *name);
  const auto maps = step_names(plan, true);
  if (maps.size() == 1) return find_step(plan, maps.front());
  if (plan.steps.size() == 1) return 0;
  const auto choices = maps.empty() ? step_names(plan, false) : maps;
  return fail(ErrorCode::NotFound,
              fmt::format("say which step, {}:\n  {}", listed_choices(choices, 20),
                          with_step(shell_word(choices.front()))));
}

Result<ItemIndex> resolve_item(const FoundRun& run, std::uint32_t step, const std::string& text,
                               Store& store) {
  const StepRef ref{run.id(), step};
  const auto counts = store.counts(ref);
  if (!counts) return tl::unexpected(counts.error());
  const std::string name = run.plan->steps.at(step).name;
  const std::string word = run.item_word();
  if (counts->count == 0) {
    return fail(ErrorCode::NotFound, why_no_items(run, step, store));
  }
  std::uint64_t index = 0;
  std::from_chars(text.data(), text.data() + text.size(), index);
  const bool is_index = std::to_string(index) == text;  // 0007 is a part of a key
  if (is_index && index < counts->count) return index;

  enum Way { whole, last, end, part };
  std::array<Fitting, 4> fitting;
  ItemKeys keys(run.id(), run.plan.get(), step, store);
  const std::string tail = "/" + text;
  bool all = true;
  const auto looked = keys.each([&](ItemIndex item, std::string_view key) {
    if (item >= max_searched_keys) return all = false;
    if (key == text) {
      fitting[whole].add(item, key);
    } else if (last_part(key) == text) {
      fitting[last].add(item, key);
    } else if (key.ends_with(tail)) {
      fitting[end].add(item, key);
    } else if (key.find(text) != std::string_view::npos) {
      fitting[part].add(item, key);
    }
    return true;
  });
  if (!looked) return tl::unexpected(looked.error());
  // The same key twice is told apart by its index only.
  for (const Fitting& way : fitting) {
    if (way.count == 1) return way.first;
    if (way.count > 1) return several_items(text, way, word);
  }
  const std::string range =
      fmt::format("'{}' has {}, 0 to {}", name, counted(counts->count, word), counts->count - 1);
  if (is_index)
    return fail(ErrorCode::NotFound, fmt::format("there is no {} {}: {}", word, text, range));
  return fail(ErrorCode::NotFound,
              fmt::format("no {} has '{}' in its key{}: {}", word, text,
                          all ? "" : " among the first two million; give its index", range));
}

}  // namespace drover::scheduler
