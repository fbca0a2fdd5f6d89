// drover-sim: runs schedules of the simulator, plants mistakes, makes a failing schedule small.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "tests/sim/plants.hpp"
#include "tests/sim/shrink.hpp"
#include "tests/sim/simulation.hpp"

namespace drover::sim {
namespace {

struct Options {
  std::string seeds = "1..10000";
  std::string plant;
  std::optional<std::uint64_t> replay;
  std::optional<std::uint64_t> shrink;
  bool list = false;
  bool all_plants = false;
};

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<Seeds> parse_seeds(const std::string& text) {
  unsigned long long first = 0;
  unsigned long long last = 0;
  int read = 0;
  const int fields = std::sscanf(text.c_str(), "%llu..%llu%n", &first, &last, &read);
  if (fields != 2 || static_cast<std::size_t>(read) != text.size() || first > last) return {};
  return Seeds{first, last};
}

std::string command_of(const Options& options, const char* what, std::uint64_t seed) {
  const std::string plant = options.plant.empty() ? "" : " --plant " + options.plant;
  return fmt::format("drover-sim{} --{} {}", plant, what, seed);
}

void show(const History& history) {
  for (const auto& line : history) fmt::print("{}\n", text_of(line));
}

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int replay(std::uint64_t seed, scheduler::Store& store) {
  const Outcome outcome = simulate(seed, store, 10'000'000);
  show(outcome.history);
  fmt::print("seed {}: {}, {} events, {} faults\n", seed,
             outcome.problem.empty() ? "nothing wrong" : outcome.problem, outcome.events,
             outcome.faults);
  return outcome.problem.empty() ? 0 : 1;
}

int show_small(std::uint64_t seed, scheduler::Store& store) {
  const Outcome whole = simulate(seed, store, 0);
  if (whole.problem.empty()) {
    fmt::print(stderr,
               "drover-sim: nothing is wrong with seed {}, so nothing can be made smaller\n", seed);
    return 2;
  }
  const Shrunk small = shrink(seed, store);
  const Digest digest = digest_of(small.outcome.history);
  fmt::print("{}", digest.text);
  fmt::print("seed {}: {}\n", seed, small.outcome.problem);
  fmt::print("{} events to read, {}; of {} events and {} faults, by {} schedules\n", digest.events,
             words(small), whole.events, whole.faults, small.tried);
  return 1;
}

/// Tells whether a hundredth of the seeds goes the same way twice.
bool same_again(std::uint64_t seed, const Outcome& outcome, scheduler::Store& store) {
  if (seed % 100 != 0) return true;
  return simulate(seed, store, 0).trace_hash == outcome.trace_hash;
}

int run(const Options& options, Seeds seeds, scheduler::Store& store) {
  const Clock clock;
  std::uint64_t events = 0;
  std::uint64_t violations = 0;
  std::uint64_t done = 0;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    const Outcome outcome = simulate(seed, store, 0);
    events += outcome.events;
    done += 1;
    if (!outcome.problem.empty()) {
      violations += 1;
      fmt::print("seed {}: {}\n  the whole of it:  {}\n  made small:       {}\n", seed,
                 outcome.problem, command_of(options, "replay", seed),
                 command_of(options, "shrink", seed));
      std::fflush(stdout);
      if (!options.plant.empty()) break;  // Found.
    } else if (!same_again(seed, outcome, store)) {
      violations += 1;
      fmt::print("seed {} went another way the second time\n", seed);
    }
  }
  const double seconds = clock.seconds();
  fmt::print("{} schedules (seeds {} to {}), {} events, {} violations; {:.1f} s, {:.0f} a second\n",
             done, seeds.first, seeds.first + done - 1, events, violations, seconds,
             static_cast<double>(done) / seconds);
  return violations == 0 ? 0 : 1;
}

/// How many schedules each planted mistake takes, as a table.
int find_all(Seeds seeds, scheduler::Store& store) {
  int missed = 0;
  fmt::print("| | planted | found after schedules | as |\n|---|---|---|---|\n");
  for (const auto& each : all_plants()) {
    plant = each.plant;
    std::string found = "**not found**";
    std::string as;
    for (std::uint64_t seed = seeds.first; seed <= seeds.last && as.empty(); ++seed) {
      as = simulate(seed, store, 0).problem;
      if (!as.empty()) found = fmt::format("{}", seed - seeds.first + 1);
    }
    if (as.empty()) missed += 1;
    fmt::print("| {} | `{}`: {} | {} | {} |\n", each.number, each.name, each.what, found, as);
    std::fflush(stdout);
  }
  plant = Plant::None;
  return missed == 0 ? 0 : 1;
}

int perform(const Options& options) {
  if (options.list) {
    for (const auto& each : all_plants())
      fmt::print("{:2} {:<28} {}\n", each.number, each.name, each.what);
    return 0;
  }
  const auto seeds = parse_seeds(options.seeds);
  if (!seeds) {
    fmt::print(stderr, "drover-sim: --seeds takes two numbers, as in 1..10000, not '{}'\n",
               options.seeds);
    return 2;
  }
  if (!options.plant.empty()) {
    const Planted* chosen = find_plant(options.plant);
    if (chosen == nullptr) {
      fmt::print(stderr, "drover-sim: no mistake is called '{}'; --list names all\n",
                 options.plant);
      return 2;
    }
    plant = chosen->plant;
  }
  auto store = scheduler::Store::open_in_memory();
  if (!store) {
    fmt::print(stderr, "drover-sim: {}\n", store.error().context);
    return 2;
  }
  if (options.all_plants) return find_all(*seeds, *store);
  if (options.shrink) return show_small(*options.shrink, *store);
  if (options.replay) return replay(*options.replay, *store);
  return run(options, *seeds, *store);
}

}  // namespace
}  // namespace drover::sim

int main(int argc, char** argv) {
  drover::sim::Options options;
  CLI::App app(
      "Runs schedules of both cores and the real store, with faults, and says what broke.");
  app.add_option("--seeds", options.seeds, "the schedules to run, both included")
      ->capture_default_str();
  app.add_option("--plant", options.plant, "makes this mistake: a name or a number of --list");
  app.add_option("--replay", options.replay, "prints all that happens in one schedule");
  app.add_option("--shrink", options.shrink,
                 "leaves out of a failing schedule what is not needed, and prints what is left");
  app.add_flag("--all-plants", options.all_plants,
               "plants each mistake in turn and prints after how many schedules it is found");
  app.add_flag("--list", options.list, "names the mistakes");
  CLI11_PARSE(app, argc, argv);
  return drover::sim::perform(options);
}
