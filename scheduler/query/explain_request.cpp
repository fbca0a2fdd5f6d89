#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "common/spelling.hpp"
#include "scheduler/core/explain_text.hpp"
#include "scheduler/core/retry.hpp"
#include "scheduler/query/asking.hpp"
#include "scheduler/query/failure_kinds.hpp"
#include "scheduler/query/item_keys.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t most_groups = 3;

std::string time_of_day(std::int64_t milliseconds) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(static_cast<std::time_t>(milliseconds / 1000)));
}

/// Calls may be short: `332 µs`, `31 ms`, `0.31 s`.
std::string spoken_seconds(double seconds) {
  if (seconds > 0 && seconds < 0.0005) return fmt::format("{:.0f} µs", seconds * 1e6);
  if (seconds > 0 && seconds < 0.095) return fmt::format("{:.0f} ms", seconds * 1e3);
  return spoken(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

/// Puts together one answer, in lines and as values.
class Telling {
 public:
  Telling(const Asking& asking, const FoundRun& run)
      : asking_(asking),
        run_(run),
        name_(short_id(run.id(), asking.store)),
        wording_{run.item_word(),
                 [&store = asking.store](const RunId& id) { return short_id(id, store); }} {}

  Result<wire::Explanation> of_run();
  Result<wire::Explanation> of_step(std::uint32_t step);
  Result<wire::Explanation> of_item(std::uint32_t step, ItemIndex item);

 private:
  const PlanStep& plan(std::uint32_t step) const { return run_.plan->steps.at(step); }
  StepRef ref(std::uint32_t step) const { return StepRef{run_.id(), step}; }
  void say(std::string line) { told_.lines.push_back(std::move(line)); }

  void add(const std::vector<WhyWaiting>& reasons);
  Result<void> tell_step(std::uint32_t step);
  void tell_live_step(std::uint32_t step);
  Result<void> tell_ended_step(const StepRow& row);
  Result<void> tell_attempts(std::uint32_t step, ItemIndex item);
  void tell_live_item(std::uint32_t step, ItemIndex item);
  void tell_retry(std::uint32_t step, const ItemExplanation& found);
  void tell_ended_item(const ItemRow& row);
  void tell_full_store();

  const Asking& asking_;
  const FoundRun& run_;
  /// The command that prints what attempts at the item wrote, as a shell takes it.
  std::string logs_command(std::uint32_t step, ItemIndex item, std::string_view key) const;

  std::string name_;
  Wording wording_;
  std::string key_;  // of the item that is told about
  wire::Explanation told_;
};

void Telling::add(const std::vector<WhyWaiting>& reasons) {
  for (const auto& reason : reasons) {
    told_.reasons.push_back({std::string(code_of(reason)), count_of(reason),
                             text_of(reason, wording_), hint_of(reason)});
    say("  " + told_.reasons.back().text);
    if (!told_.reasons.back().hint.empty()) say("     " + told_.reasons.back().hint);
  }
}

std::string Telling::logs_command(std::uint32_t step, ItemIndex item, std::string_view key) const {
  const PlanStep& of = plan(step);
  if (!of.map) return fmt::format("drover logs {} {}", name_, shell_word(of.name));
  const auto maps = std::ranges::count_if(run_.plan->steps, &PlanStep::map);
  const std::string word = of.key_argument ? shell_word(last_part(key)) : std::to_string(item);
  return fmt::format("drover logs {} {}{}", name_, word,
                     maps > 1 ? " --step " + shell_word(of.name) : "");
}

void Telling::tell_live_step(std::uint32_t step) {
  const StepExplanation found = explain(asking_.state(), ref(step), asking_.view.now);
  const std::string& name = plan(step).name;
  if (found.state == StepState::Waiting) {
    say(fmt::format("{} is waiting", name));
    return add(found.reasons);
  }
  std::vector<std::string> parts;
  if (found.waiting > 0) parts.push_back(counted(found.waiting, wording_.item_word) + " waiting");
  if (found.retrying > 0) {
    parts.push_back(counted(found.retrying, wording_.item_word) + " retrying");
  }
  if (found.running > 0) parts.push_back(counted(found.running, wording_.item_word) + " running");
  std::string line = name + ": ";
  for (const auto& part : parts) line += part + ", ";
  say(fmt::format("{}{} of {} usable", line, found.usable, counted(found.slots, "slot")));
  add(found.reasons);
}

Result<void> Telling::tell_ended_step(const StepRow& row) {
  std::string how(name_of(row.state));
  if (row.state == StepState::Cancelled) how = row.opened ? "was cancelled" : "did not run";
  const bool by_request = row.reason == name_of(StepState::Cancelled);  // Said already.
  const auto groups = asking_.store.failure_groups(run_.id());
  if (!groups) return tl::unexpected(groups.error());
  std::vector<std::string> why;
  if (!row.reason.empty() && !by_request) {
    why.push_back(row.reason);
  }
  if (row.opened && plan(row.step).map) {
    why.push_back(
        fmt::format("{} done, {} failed", grouped(row.items.done), grouped(row.items.failed)));
    if (row.items.cancelled > 0)
      why.back() += fmt::format(", {} cancelled", grouped(row.items.cancelled));
  }
  say(fmt::format("{} {}{}{}", row.name, how, why.empty() ? "" : ": ", fmt::join(why, "; ")));
  ItemKeys keys(run_.id(), run_.plan.get(), row.step, asking_.store);
  std::size_t told = 0;
  for (const FailureGroup& group : *groups) {
    if (group.step != row.step || ++told > most_groups) continue;
    if (!plan(row.step).map) {  // There is one item, and it has been told.
      told_.reasons.push_back(
          {"failed", group.count, group.reason, fmt::format("drover logs {} {}", name_, row.name)});
      continue;
    }
    const std::string key = keys.key(group.example);
    const std::string text = text_of_group(group, key);
    say(fmt::format("  {}  {}   e.g. {}", grouped(group.count), one_line(text), last_part(key)));
    told_.reasons.push_back(
        {"failed", group.count, text, logs_command(row.step, group.example, key)});
  }
  return {};
}

Result<void> Telling::tell_step(std::uint32_t step) {
  if (run_.live != nullptr) {
    const StepState state = run_.live->steps.at(step).state;
    if (state == StepState::Waiting || state == StepState::Running) {
      tell_live_step(step);
      return {};
    }
  }
  const auto rows = asking_.store.steps(run_.id());
  if (!rows) return tl::unexpected(rows.error());
  return tell_ended_step(rows->at(step));
}

/// The view has no runs where the store lacks what they did last.
void Telling::tell_full_store() {
  if (run_.live != nullptr || run_.row.state != RunState::Running || !asking_.state().store_full) {
    return;
  }
  add({StorageFull{}});
}

Result<wire::Explanation> Telling::of_run() {
  told_.subject = name_;
  told_.state = name_of(run_.row.state);
  const RunState state = run_.row.state;
  const std::string verb = state == RunState::Running     ? "is"
                           : state == RunState::Cancelled ? "was"
                                                          : "has";
  std::string line = fmt::format("run {} {} {}", name_, verb, name_of(state));
  if (!run_.row.reason.empty() && run_.row.reason != name_of(state)) {
    line += ": " + run_.row.reason;
  }
  say(std::move(line));
  for (std::uint32_t i = 0; i < run_.plan->steps.size(); ++i) {
    if (auto told = tell_step(i); !told) return tl::unexpected(told.error());
  }
  tell_full_store();
  return std::move(told_);
}

Result<wire::Explanation> Telling::of_step(std::uint32_t step) {
  const auto rows = asking_.store.steps(run_.id());
  if (!rows) return tl::unexpected(rows.error());
  told_.subject = plan(step).name;
  told_.state =
      name_of(run_.live != nullptr ? run_.live->steps.at(step).state : rows->at(step).state);
  if (auto told = tell_step(step); !told) return tl::unexpected(told.error());
  tell_full_store();
  return std::move(told_);
}

Result<void> Telling::tell_attempts(std::uint32_t step, ItemIndex item) {
  const auto attempts = asking_.store.read_attempts(ref(step), item);
  if (!attempts) return tl::unexpected(attempts.error());
  for (const AttemptRow& attempt : *attempts) {
    const std::string cause(attempt.cause ? name_of(*attempt.cause) : "");
    std::string log;
    if (attempt.cause) {
      log =
          fmt::format("{} --attempt {}", logs_command(step, item, told_.subject), attempt.attempt);
    }
    told_.attempts.push_back({attempt.attempt, attempt.agent_name, attempt.slot,
                              attempt.ended.milliseconds, static_cast<double>(attempt.seconds),
                              cause, attempt.reason, log});
    say(fmt::format("  attempt {}   {} slot {}   {}   {}   {}", attempt.attempt, attempt.agent_name,
                    attempt.slot, time_of_day(attempt.ended.milliseconds),
                    spoken_seconds(static_cast<double>(attempt.seconds)),
                    attempt.cause ? one_line(attempt.reason) : "done"));
    if (!log.empty()) say("              " + log);
  }
  return {};
}

/// `attempt 2 of 3 starts in 3.1 s`
void Telling::tell_retry(std::uint32_t step, const ItemExplanation& found) {
  const std::uint32_t failed = found.attempt - 1;
  const auto& attempts = told_.attempts;
  const auto cause = attempts.empty() ? std::nullopt : cause_named(attempts.back().cause);
  std::string of;
  if (cause) {
    const auto same = std::ranges::count(attempts, attempts.back().cause, &wire::AttemptRow::cause);
    const std::uint32_t left = retry_budget(plan(step).options.retries, *cause);
    of = fmt::format(" of {}", failed + 1 + left -
                                   std::min<std::uint32_t>(left, static_cast<std::uint32_t>(same)));
  }
  std::string line = fmt::format("{} is retrying: attempt {}{}", key_, found.attempt, of);
  const bool only_time = found.reasons.size() == 1 &&
                         !std::holds_alternative<SlotsBusy>(found.reasons.front()) &&
                         !std::holds_alternative<SlotsCannot>(found.reasons.front());
  if (only_time) line += " " + text_of(found.reasons.front(), wording_);
  told_.lines.insert(told_.lines.begin(), std::move(line));
  if (!only_time) return add(found.reasons);
  told_.reasons.push_back({std::string(code_of(found.reasons.front())), 0,
                           text_of(found.reasons.front(), wording_),
                           hint_of(found.reasons.front())});
}

void Telling::tell_live_item(std::uint32_t step, ItemIndex item) {
  const ItemExplanation found = explain_item(asking_.state(), ref(step), item, asking_.view.now);
  // The view may be ahead of the store by what both will agree on in a moment.
  const ItemStatus status = found.state.value_or(ItemStatus::Done);
  told_.state = name_of(status);
  if (status == ItemStatus::Retrying) return tell_retry(step, found);
  if (status != ItemStatus::Running) {
    told_.lines.insert(told_.lines.begin(), fmt::format("{} is {}", key_, name_of(status)));
    return add(found.reasons);
  }
  std::string line =
      fmt::format("{} is running on {} slot {}{}", key_, found.agent, found.slot,
                  found.attempt > 1 ? fmt::format(", attempt {}", found.attempt) : "");
  if (found.silent > Duration::zero()) {
    line += fmt::format("; {} has been silent for {}", found.agent, spoken(found.silent));
  }
  told_.lines.insert(told_.lines.begin(), std::move(line));
}

void Telling::tell_ended_item(const ItemRow& row) {
  std::string line;
  if (row.state == ItemState::Done) {
    told_.state = name_of(ItemStatus::Done);
    line = fmt::format("{} is done", key_);
    if (row.last_attempt) {
      line += fmt::format(", it took {}",
                          spoken_seconds(static_cast<double>(row.last_attempt->seconds)));
    }
  } else if (row.state == ItemState::Failed) {
    told_.state = name_of(ItemStatus::Failed);
    line = fmt::format("{} failed: {}", key_,
                       row.last_attempt ? one_line(row.last_attempt->reason) : "");
  } else if (row.state == ItemState::Skipped) {
    told_.state = name_of(ItemStatus::Skipped);
    line = fmt::format("{} was skipped: its input failed in the step before", key_);
  } else {
    told_.state = name_of(ItemStatus::Cancelled);
    line = fmt::format("{} was cancelled before it ended", key_);
  }
  told_.lines.insert(told_.lines.begin(), std::move(line));
}

Result<wire::Explanation> Telling::of_item(std::uint32_t step, ItemIndex item) {
  ItemKeys keys(run_.id(), run_.plan.get(), step, asking_.store);
  const std::string key = keys.key(item);
  told_.subject = key;
  if (keys.has_keys()) {
    key_ = last_part(key);
  } else {
    key_ = plan(step).map ? fmt::format("{} {}", wording_.item_word, item) : plan(step).name;
  }
  const auto rows = asking_.store.read_items(ref(step), std::nullopt, item, 1);
  if (!rows) return tl::unexpected(rows.error());
  if (auto told = tell_attempts(step, item); !told) return tl::unexpected(told.error());
  if (!rows->empty() && rows->front().state != ItemState::Open) {
    tell_ended_item(rows->front());
  } else if (run_.live != nullptr) {
    tell_live_item(step, item);
  } else if (asking_.state().store_full && run_.row.state == RunState::Running) {
    told_.state = name_of(ItemStatus::Waiting);
    told_.lines.insert(told_.lines.begin(), fmt::format("{} has not ended", key_));
    tell_full_store();
  } else {
    return fail(ErrorCode::Unsupported,
                fmt::format("run {} does not go on: {}", name_, run_.plan_error));
  }
  return std::move(told_);
}

}  // namespace

Result<wire::Explanation> explain_request(const Asking& asking, const wire::Explain& request) {
  const auto run = asking.find(request.run);
  if (!run) return tl::unexpected(run.error());
  const auto plan = plan_of_found(*run);
  if (!plan) return tl::unexpected(plan.error());
  Telling telling(asking, *run);
  // `drover explain RUN WORD`: the word may be a step or an item, whichever field it came in.
  const auto& word = request.item ? request.item : request.step;
  if (!word) return telling.of_run();
  const bool one_word = !request.item || !request.step;
  if (const auto named = find_step(**plan, *word); one_word && named)
    return telling.of_step(*named);
  const auto step =
      resolve_step(**plan, one_word ? std::nullopt : request.step, [&](const std::string& name) {
        return fmt::format("drover explain {} {} {}", request.run, name, shell_word(*word));
      });
  if (!step) return tl::unexpected(step.error());
  const auto item = resolve_item(*run, *step, *word, asking.store);
  if (!item && one_word && item.error().code == ErrorCode::NotFound) {
    return fail(ErrorCode::NotFound,
                fmt::format("{}, and no step is called so", item.error().context));
  }
  if (!item) return tl::unexpected(item.error());
  return telling.of_item(*step, *item);
}

}  // namespace drover::scheduler
