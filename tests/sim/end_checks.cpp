#include "tests/sim/end_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/types/codec.hpp"
#include "tests/support/words.hpp"

namespace drover::sim {
namespace {

using namespace scheduler;
using testing::words;
using Stored = DurableModel::Step;

class EndChecks {
 public:
  EndChecks(World& world, SchedulerProcess& scheduler, const Workload& workload, const Facts& facts)
      : world_(world), scheduler_(scheduler), workload_(workload), facts_(facts) {}

  void run() {
    for (const auto& run : workload_.runs) check(run);
    for (const auto& read : facts_.reads) check_read(read);
    if (workload_.strict) check_starts();
  }

 private:
  void check(const SimRun& run) {
    const auto* stored = scheduler_.durable().run(run.id);
    for (std::uint32_t i = 0; i < stored->steps.size(); ++i) {
      const Stored& step = stored->steps[i];
      const StepRef ref{run.id, i};
      for (const auto& [item, value] : step.done) check_value(ref, step, item, value);
      for (const auto& [item, cause] : step.failed) check_failure(ref, step, item, cause);
      if (step.state == StepState::Succeeded) check_list(ref, step);
      check_state(ref, step);
      if (run.parent) check_taken_over(ref, step);
    }
    check_run_state(run, *stored);
  }

  /// The values of the items' arguments, as stored.
  std::optional<std::vector<std::int64_t>> inputs_of(const StepRef& ref, ItemIndex item) const {
    std::vector<std::int64_t> inputs;
    for (const auto& argument : workload_.step(ref).arguments) {
      std::optional<std::string> value;
      if (std::holds_alternative<Constant>(argument.source.from)) {
        value = encoded(static_cast<std::int64_t>(item));
      } else {
        const auto& from = std::get<StepResult>(argument.source.from);
        value = element(StepRef{ref.run, from.step}, from.part, item);
      }
      if (!value) return std::nullopt;
      const auto number = decode<std::int64_t>(*value);
      if (!number) return std::nullopt;
      inputs.push_back(*number);
    }
    return inputs;
  }

  std::optional<std::string> element(const StepRef& ref, Part part, ItemIndex item) const {
    const Stored& step = *scheduler_.durable().step(ref);
    if (!workload_.step(ref).map) {
      const auto list = step.list();
      return item < list.size() ? std::optional(list[item]) : std::nullopt;
    }
    if (part == Part::Ok) {
      if (item >= step.done.size()) return std::nullopt;
      return std::next(step.done.begin(), static_cast<std::ptrdiff_t>(item))->second;
    }
    const auto found = step.done.find(item);
    return found == step.done.end() ? std::nullopt : std::optional(found->second);
  }

  std::uint64_t size_of(const StepRef& ref, Part part) const {
    const Stored& step = *scheduler_.durable().step(ref);
    if (!workload_.step(ref).map) return step.list_size;
    return part == Part::Ok ? step.done.size() : step.count;
  }

  void check_value(const StepRef& ref, const Stored& step, ItemIndex item,
                   const std::string& value) {
    const PlanStep& plan = workload_.step(ref);
    // What was reused is another item of the run that made it: its inputs say what it must be.
    const bool was_moved = workload_.run(ref.run).reuses && step.taken_over.contains(item);
    const Fate fate = was_moved ? Fate::Good : workload_.fate(ref, item);
    if (fate != Fate::Good)
      world_.fail(fmt::format("{} item {} is done, but it cannot be", words(ref), item));
    std::optional<std::string> expected;
    if (plan.map) {
      if (const auto inputs = inputs_of(ref, item)) expected = encoded(value_of(*inputs));
    } else if (plan.arguments.empty()) {
      return check_made_list(ref);
    } else {
      const auto& from = std::get<StepResult>(plan.arguments[0].source.from);
      expected = encoded(value_of_list(size_of(StepRef{ref.run, from.step}, from.part)));
    }
    if (!expected || *expected != value) {
      world_.fail(
          fmt::format("the value of {} item {} is not what its inputs make", words(ref), item));
    }
  }

  void check_made_list(const StepRef& ref) {
    const Stored& step = *scheduler_.durable().step(ref);
    if (!step.list_of) return world_.fail(words(ref) + " is done without a list");
    std::vector<std::string> expected;
    for (const auto number : workload_.list_of(ref, *step.list_of))
      expected.push_back(encoded(number));
    if (step.list() != expected)
      world_.fail("the list of " + words(ref) + " is not the one that was made");
  }

  void check_failure(const StepRef& ref, const Stored& step, ItemIndex item, Cause cause) {
    if (step.failed_before.contains(item)) return;
    const auto& retries = workload_.step(ref).options.retries;
    const Fate fate = workload_.fate(ref, item);
    const auto& charges = step.charges.at(item);
    const auto of_cause = static_cast<std::uint32_t>(
        std::count_if(charges.begin(), charges.end(),
                      [&](const auto& charge) { return charge.second == cause; }));
    const std::map<Cause, std::uint32_t> budgets{{Cause::UserError, retries.user_error},
                                                 {Cause::Crash, retries.crash},
                                                 {Cause::OutOfMemory, retries.out_of_memory},
                                                 {Cause::Timeout, retries.timeout},
                                                 {Cause::AgentLost, 5},
                                                 {Cause::Input, 0}};
    const bool permanent = fate == Fate::Permanent && cause == Cause::UserError;
    if (!permanent && of_cause != budgets.at(cause) + 1) {
      world_.fail(fmt::format("{} item {} failed after {} attempts of {}, allowed are {} retries",
                              words(ref), item, of_cause, name_of(cause), budgets.at(cause)));
    }
  }

  /// What workers read of a list is what was stored before their step opened.
  void check_read(const Facts::Read& read) {
    const Stored* reader = scheduler_.durable().step(read.reader);
    if (reader == nullptr || reader->opening != read.opening) return;  // Of a time that was lost.
    const StepRef ref{read.reader.run, read.list.step};
    const Stored& step = *scheduler_.durable().step(ref);
    std::vector<std::string> expected;
    if (!workload_.step(ref).map) expected = step.list();
    for (ItemIndex item = 0; workload_.step(ref).map && item < step.count; ++item) {
      const auto found = step.done.find(item);
      const bool only_ok = read.list.part == static_cast<std::uint8_t>(Part::Ok);
      if (found == step.done.end() && only_ok) continue;
      expected.push_back(found == step.done.end() ? "\xc0" : found->second);
    }
    if (read.values != expected)
      world_.fail(words(read.reader) + " read another list than " + words(ref) + " made");
  }

  /// What clients read is what was stored.
  void check_list(const StepRef& ref, const Stored& step) {
    if (!workload_.step(ref).map && !workload_.step(ref).arguments.empty()) return;
    std::vector<std::string> expected;
    if (workload_.step(ref).map) {
      for (ItemIndex item = 0; item < step.count; ++item) {
        const auto found = step.done.find(item);
        expected.push_back(found == step.done.end() ? "\xc0" : found->second);
      }
    } else {
      expected = step.list();
    }
    std::vector<std::string> read;
    for (;;) {
      const auto columns = scheduler_.store().read_list(ref, Part::All, read.size());
      if (!columns) return world_.fail("a list cannot be read: " + columns.error().context);
      if (columns->empty()) break;
      for (std::size_t i = 0; i < columns->size(); ++i) read.emplace_back(columns->value(i));
    }
    if (read != expected) world_.fail("the stored list of " + words(ref) + " is wrong");
  }

  void check_state(const StepRef& ref, const Stored& step) {
    if (!step.opening || step.state == StepState::Cancelled) return;
    const auto& options = workload_.step(ref).options;
    const auto allowed = workload_.step(ref).map ? options.allow_failed.of(step.count) : 0;
    const bool exceeded = step.failed.size() > allowed;
    const bool whole = step.done.size() + step.failed.size() + step.skipped.size() == step.count;
    const bool canary = options.canary && step.done.empty() && step.failed.size() >= canary_items &&
                        allowed < step.count;
    if (!whole && canary && step.state == StepState::Failed) return;
    if (exceeded != (step.state == StepState::Failed))
      world_.fail(words(ref) + " ended in the wrong state");
    if (!whole && !(exceeded && options.stop_when_exceeded))
      world_.fail(words(ref) + " ended with open items");
  }

  /// What was done is not run again, and is kept as long as its inputs are the same.
  void check_taken_over(const StepRef& ref, const Stored& step) {
    if (!step.opening) return;
    for (const auto& [key, starts] : facts_.starts) {
      const auto& [started, opening, item] = key;
      if (started != ref || opening != *step.opening || !step.taken_over.contains(item)) continue;
      world_.fail(fmt::format("{} item {} was done before and ran again", words(ref), item));
    }
    const Stored& old =
        *scheduler_.durable().step(StepRef{*workload_.run(ref.run).parent, ref.step});
    const PlanStep& plan = workload_.step(ref);
    const bool same_inputs = plan.map && plan.reads.empty() && old.opening;
    if (same_inputs && step.taken_over.size() != old.done.size()) {
      world_.fail(fmt::format("{} kept {} of {} results", words(ref), step.taken_over.size(),
                              old.done.size()));
    }
    const auto rows = scheduler_.store().steps(ref.run);
    if (!rows) return world_.fail("the steps cannot be read: " + rows.error().context);
    if (rows->at(ref.step).kept != step.taken_over.size()) {
      world_.fail(fmt::format("{} says that it kept {} results, not {}", words(ref),
                              rows->at(ref.step).kept, step.taken_over.size()));
    }
  }

  void check_run_state(const SimRun& run, const DurableModel::Run& stored) {
    const auto any = [&](StepState state) {
      return std::any_of(stored.steps.begin(), stored.steps.end(),
                         [&](const Stored& step) { return step.state == state; });
    };
    if (stored.state == RunState::Cancelled) {
      if (!facts_.cancel_asked.contains(run.id))
        world_.fail(words(run.id) + " was cancelled by nobody");
    } else if ((stored.state == RunState::Failed) != any(StepState::Failed)) {
      world_.fail(words(run.id) + " ended in the wrong state");
    }
  }

  /// Where silences stay within T_LOST, what is with somebody is not started again.
  void check_starts() {
    for (const auto& [key, starts] : facts_.starts) {
      const auto& [ref, opening, item] = key;
      if (workload_.step(ref).options.batch != 1) continue;
      const Stored& step = *scheduler_.durable().step(ref);
      const auto charges = step.charges.contains(item) ? step.charges.at(item).size() : 0;
      const auto allowed = charges + (step.failed.contains(item) ? 0U : 1U);
      if (static_cast<std::size_t>(starts) > allowed) {
        world_.fail(fmt::format("{} item {} started {} times, which is once too often", words(ref),
                                item, starts));
      }
    }
  }

  World& world_;
  SchedulerProcess& scheduler_;
  const Workload& workload_;
  const Facts& facts_;
};

}  // namespace

void check_end(World& world, SchedulerProcess& scheduler, const Workload& workload,
               const Facts& facts) {
  EndChecks(world, scheduler, workload, facts).run();
}

}  // namespace drover::sim
