#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>

#include "common/clock.hpp"
#include "tools/bench/benchmarks.hpp"
#include "tools/bench/pool.hpp"
#include "tools/cli/target.hpp"

namespace drover::bench {
namespace {

constexpr const char* workflow = R"(
workflow: faults
inputs:
  how: list[str]
  journal: str
steps:
  calls:
    task: behave
    each: {{how: $how}}
    with: {{milliseconds: {milliseconds}, journal: $journal}}
    batch: {batch}
    allow_failed: {bad}
)";

constexpr std::uint64_t good_items = 200;
constexpr std::uint64_t bad_items = 10;  // Where there are such: about 5 percent of all.
constexpr std::uint64_t milliseconds = 100;
constexpr std::uint32_t slots = 2;
constexpr std::uint32_t several = 8;  // Items in a call of several.

constexpr double struck_at = 0.4;  // Of the items done.
/// And up to so much later: results come in when an item has just begun.
constexpr std::uint32_t struck_within_ms = 200;
constexpr std::chrono::milliseconds look_again{20};

/// What happens to a run of the same good items.
struct Fault {
  std::string name;
  std::uint32_t batch = 1;
  std::uint64_t bad = 0;  ///< Items that abort, spread evenly among the good ones.
  std::function<Result<void>(Pool&)> strike = nullptr;  ///< Once, in mid-run.
  std::optional<double> most_added = std::nullopt;      ///< Seconds that are asked for.
};

struct Outcome {
  double seconds = 0;  ///< From submit to the end, as a client sees it.
  double twice = 0;    ///< Good items of which a second call began, or more.
};

std::vector<std::string> inputs_of(const Fault& fault) {
  std::vector<std::string> how(good_items + fault.bad, "well");
  for (std::uint64_t i = 0; i < fault.bad; ++i)
    how[(2 * i + 1) * how.size() / (2 * fault.bad)] = "abort";
  return how;
}

double ran_twice(const std::filesystem::path& journal, const std::vector<std::string>& how) {
  std::map<std::uint64_t, std::uint64_t> begun;
  std::ifstream file(journal);
  for (std::uint64_t item = 0; file >> item;) begun[item] += 1;
  return static_cast<double>(std::count_if(begun.begin(), begun.end(), [&](const auto& entry) {
    return entry.second > 1 && how.at(entry.first) != "abort";
  }));
}

/// Waits until a good share of the run is done, and some milliseconds.
Result<void> wait_to_strike(Pool& pool, const RunId& run, std::mt19937& random) {
  while (true) {
    const auto status =
        pool.client().ask<wire::RunStatus>(wire::ShowRun{to_string(run)}, tools::patience);
    if (!status) return tl::unexpected(status.error());
    if (status->state != "running") return fail(ErrorCode::Failed, "the run ended too early");
    if (static_cast<double>(step_named(*status, "calls").done) >= struck_at * good_items) break;
    std::this_thread::sleep_for(look_again);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(random() % struck_within_ms));
  return {};
}

Result<Outcome> run_with(Pool& pool, const Fault& fault, std::mt19937& random) {
  const auto how = inputs_of(fault);
  const auto journal = pool.folder() / "journal";
  std::filesystem::remove(journal);
  const Instant begun = monotonic_now();
  const auto run =
      pool.submit(fmt::format(workflow, fmt::arg("milliseconds", milliseconds),
                              fmt::arg("batch", fault.batch), fmt::arg("bad", fault.bad)),
                  {{"how", nlohmann::json(how).dump()}, {"journal", journal.string()}});
  if (!run) return tl::unexpected(run.error());
  if (auto due = wait_to_strike(pool, *run, random); !due) return tl::unexpected(due.error());
  if (fault.strike) {
    if (auto struck = fault.strike(pool); !struck) return tl::unexpected(struck.error());
  }
  const auto status = pool.finish(*run);
  if (!status) return tl::unexpected(status.error());
  const double seconds = std::chrono::duration<double>(monotonic_now() - begun).count();
  const auto& step = step_named(*status, "calls");
  if (step.done != good_items || step.failed != fault.bad) {
    return fail(ErrorCode::Failed,
                fmt::format("{}: {} of {} good items are done", fault.name, step.done, good_items));
  }
  return Outcome{seconds, ran_twice(journal, how)};
}

/// All outcomes of one fault.
struct Series {
  Fault fault;
  std::vector<double> seconds;
  std::vector<double> twice;
};

/// Runs that are compared with the first of them, which nothing disturbs.
using Group = std::vector<Series>;

std::vector<Group> groups() {
  Group calls_of_one{{{fmt::format("{} items of {} ms", good_items, milliseconds)}, {}, {}},
                     {{"a worker killed", 1, 0, &Pool::kill_worker, 0.25}, {}, {}},
                     {{"the agent killed", 1, 0, &Pool::kill_agent}, {}, {}},
                     {{"the scheduler killed", 1, 0, &Pool::kill_scheduler}, {}, {}},
                     {{fmt::format("{} more that abort", bad_items), 1, bad_items}, {}, {}}};
  Group calls_of_several{
      {{fmt::format("the same in calls of {}", several), several}, {}, {}},
      {{fmt::format("calls of {}, {} more that abort", several, bad_items), several, bad_items},
       {},
       {}}};
  return {std::move(calls_of_one), std::move(calls_of_several)};
}

Measurement judged(const Fault& fault, const std::string& figure, std::vector<double> all,
                   std::optional<double> most) {
  return most ? at_most(fault.name, figure, std::move(all), *most)
              : measurement(fault.name, figure, std::move(all));
}

/// The figures of one fault: how much longer than undisturbed, and what ran again.
void report(const Series& one, const Series& undisturbed, std::vector<Measurement>& figures) {
  std::vector<double> added;
  for (std::size_t i = 0; i < one.seconds.size(); ++i) {
    added.push_back(one.seconds[i] - undisturbed.seconds[i]);
  }
  std::optional<double> most_twice;
  if (one.fault.bad > 0) most_twice = static_cast<double>(one.fault.bad * (one.fault.batch - 1));
  figures.push_back(judged(one.fault, "seconds added", std::move(added), one.fault.most_added));
  figures.push_back(judged(one.fault, "good items run twice", one.twice, most_twice));
}

}  // namespace

Result<std::vector<Measurement>> faults(const Options& options) {
  auto pool = Pool::start(slots);
  if (!pool) return tl::unexpected(pool.error());
  std::mt19937 random(1);
  auto all = groups();
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    for (auto& group : all) {
      for (auto& series : group) {
        const auto outcome = run_with(**pool, series.fault, random);
        if (!outcome) return tl::unexpected(outcome.error());
        series.seconds.push_back(outcome->seconds);
        series.twice.push_back(outcome->twice);
      }
    }
  }
  std::vector<Measurement> figures;
  for (const auto& group : all) {
    figures.push_back(measurement(group.front().fault.name, "seconds", group.front().seconds));
    for (std::size_t i = 1; i < group.size(); ++i) report(group[i], group.front(), figures);
  }
  return figures;
}

}  // namespace drover::bench
