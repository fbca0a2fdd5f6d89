#include <fmt/format.h>

#include <algorithm>

#include "common/spelling.hpp"
#include "scheduler/query/asking.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

/// The attempt that a slot has at work now, if the item runs.
std::optional<AttemptRow> running_attempt(const FoundRun& run, const StepRef& ref, ItemIndex item,
                                          const LiveView& view) {
  if (run.live == nullptr || run.live->steps.at(ref.step).state != StepState::Running) {
    return std::nullopt;
  }
  const ItemExplanation where = explain_item(view.state, ref, item, view.now);
  const Lease* lease = lease_of(view.state, ref, item);
  if (where.state != ItemStatus::Running || lease == nullptr) return std::nullopt;
  AttemptRow row;
  row.attempt = where.attempt;
  row.lease = lease->id;
  row.agent = lease->agent;
  row.item = item;
  return row;
}

Result<AttemptRow> choose(const std::vector<AttemptRow>& attempts,
                          const std::optional<std::uint32_t>& wanted, const std::string& key) {
  if (attempts.empty()) {
    return fail(ErrorCode::NotFound,
                fmt::format("{} has not run yet, so it has written nothing", key));
  }
  if (!wanted) return attempts.back();
  const auto found =
      std::find_if(attempts.rbegin(), attempts.rend(),
                   [&](const AttemptRow& attempt) { return attempt.attempt == *wanted; });
  if (found != attempts.rend()) return *found;
  return fail(ErrorCode::NotFound, fmt::format("{} has no attempt {}: there {} {}", key, *wanted,
                                               attempts.size() == 1 ? "was" : "were",
                                               counted(attempts.size(), "attempt")));
}

/// `drover logs RUN STEP`: a step that runs once goes by its name, as its one item has none.
std::optional<std::uint32_t> plain_step(const Plan& plan, const wire::Log& request) {
  const auto found = std::ranges::find(plan.steps, request.item, &PlanStep::name);
  const bool is_meant = !request.step || *request.step == request.item;
  if (!is_meant || found == plan.steps.end() || found->map) return std::nullopt;
  return static_cast<std::uint32_t>(found - plan.steps.begin());
}

}  // namespace

Result<AttemptPlace> locate_attempt(const wire::Log& request, const LiveView& view, Store& store) {
  const auto run = find_run(request.run, view, store, nullptr);
  if (!run) return tl::unexpected(run.error());
  const auto plan = plan_of_found(*run);
  if (!plan) return tl::unexpected(plan.error());
  const auto plain = plain_step(**plan, request);
  const auto with_step = [&](const std::string& step) {
    return fmt::format("drover logs {} {} {}", request.run, step, shell_word(request.item));
  };
  const auto step =
      plain ? Result<std::uint32_t>(*plain) : resolve_step(**plan, request.step, with_step);
  if (!step) return tl::unexpected(step.error());
  const auto item = resolve_item(*run, *step, plain ? "0" : request.item, store);
  if (!item) return tl::unexpected(item.error());

  const StepRef ref{run->id(), *step};
  auto attempts = store.read_attempts(ref, *item);
  if (!attempts) return tl::unexpected(attempts.error());
  const bool ended = !attempts->empty() && !attempts->back().cause;
  if (auto running = running_attempt(*run, ref, *item, view); running && !ended) {
    attempts->push_back(*std::move(running));
  }
  ItemKeys keys(run->id(), *plan, *step, store);
  const std::string& name = (*plan)->steps.at(*step).name;
  const std::string key = (*plan)->steps.at(*step).map ? keys.key(*item) : name;
  const auto chosen = choose(*attempts, request.attempt, key);
  if (!chosen) return tl::unexpected(chosen.error());
  return AttemptPlace{run->id(),       name,          chosen->item, key,
                      chosen->attempt, chosen->agent, chosen->lease};
}

}  // namespace drover::scheduler
