#include <fmt/format.h>

#include "common/clock.hpp"
#include "tools/bench/benchmarks.hpp"
#include "tools/bench/pool.hpp"
#include "tools/cli/target.hpp"

namespace drover::bench {
namespace {

constexpr const char* many_numbers = R"(
workflow: numbers
inputs:
  count: int
steps:
  numbers:
    task: sequence
    with: {count: $count}
  same:
    task: noop
    each: {value: $numbers}
  counts:
    task: count_succeeded
    with: {results: $same}
)";

constexpr const char* one_number = R"(
workflow: one
steps:
  same:
    task: noop
    each: {value: [7]}
)";

constexpr std::uint64_t few_items = 100'000;
constexpr std::uint32_t latency_runs = 300;

Result<double> seconds_of_map(Pool& pool, std::uint64_t items) {
  const auto run = pool.run(many_numbers, {{"count", std::to_string(items)}});
  if (!run) return tl::unexpected(run.error());
  return step_named(*run, "same").seconds;
}

/// One run from submit to its result in hand, in milliseconds.
Result<double> one_run(net::Client& client, const std::string& folder) {
  wire::Submit submit;
  submit.run = random_run();
  submit.file = "one.yaml";
  submit.text = one_number;
  submit.working_directory = folder;
  const Instant begun = monotonic_now();
  const auto submitted = client.ask<wire::Submitted>(submit, tools::patience);
  if (!submitted) return tl::unexpected(submitted.error());
  const std::string run = to_string(submit.run);
  const auto status = client.ask<wire::RunStatus>(wire::Wait{run, 10'000}, tools::patience * 3);
  if (!status) return tl::unexpected(status.error());
  const auto page =
      client.ask<wire::ResultsPage>(wire::ReadResults{run, "same", 0, 1}, tools::patience);
  if (!page) return tl::unexpected(page.error());
  if (page->columns.size() != 1 || page->columns.value(0) != "\x07") {
    return fail(ErrorCode::Failed, "the result is not the number 7");
  }
  return std::chrono::duration<double, std::milli>(monotonic_now() - begun).count();
}

}  // namespace

Result<std::vector<Measurement>> noop_throughput(const Options& options) {
  std::vector<double> rates;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    auto pool = Pool::start(2);
    if (!pool) return tl::unexpected(pool.error());
    const auto seconds = seconds_of_map(**pool, options.items);
    if (!seconds) return tl::unexpected(seconds.error());
    rates.push_back(static_cast<double>(options.items) / *seconds);
  }
  return std::vector{at_least(fmt::format("no-op map of {} items", options.items),
                              "items per second", std::move(rates), 1e6)};
}

Result<std::vector<Measurement>> latency(const Options&) {
  auto pool = Pool::start(2);
  if (!pool) return tl::unexpected(pool.error());
  std::vector<double> milliseconds;
  for (std::uint32_t i = 0; i < latency_runs + 20; ++i) {
    const auto took = one_run((*pool)->client(), (*pool)->folder().string());
    if (!took) return tl::unexpected(took.error());
    if (i >= 20) milliseconds.push_back(*took);  // The first ones warm the system.
  }
  return std::vector{
      at_most("one no-op run, submit to result", "milliseconds", std::move(milliseconds), 2)};
}

Result<std::vector<Measurement>> memory(const Options& options) {
  std::vector<double> growth;
  for (std::uint32_t i = 0; i < options.repetitions; ++i) {
    double peaks[2] = {0, 0};
    const std::uint64_t widths[2] = {few_items, options.items};
    for (int which = 0; which < 2; ++which) {
      auto pool = Pool::start(2);
      if (!pool) return tl::unexpected(pool.error());
      if (auto done = seconds_of_map(**pool, widths[which]); !done)
        return tl::unexpected(done.error());
      peaks[which] = static_cast<double>((*pool)->scheduler_peak_bytes());
    }
    growth.push_back((peaks[1] - peaks[0]) / (1 << 20));
  }
  return std::vector{
      at_most(fmt::format("scheduler memory at {} items above 100,000", options.items), "MiB",
              std::move(growth), 16)};
}

}  // namespace drover::bench
