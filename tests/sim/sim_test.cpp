#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "tests/sim/plants.hpp"
#include "tests/sim/shrink.hpp"
#include "tests/sim/simulation.hpp"

namespace drover::sim {
namespace {

std::uint64_t seeds() {
  const char* text = std::getenv("SIM_SEEDS");
  return text == nullptr ? DROVER_SIM_SEEDS : std::strtoull(text, nullptr, 10);
}

class Simulator : public ::testing::Test {
 protected:
  Simulator() : store_(scheduler::Store::open_in_memory()) {}
  ~Simulator() override { plant = Plant::None; }

  Outcome simulate(std::uint64_t seed) { return sim::simulate(seed, *store_); }

  Result<scheduler::Store> store_;
};

std::string told(std::uint64_t seed, const Outcome& outcome) {
  std::string text = fmt::format("seed {}: {}\n", seed, outcome.problem);
  for (const auto& line : outcome.history) text += text_of(line) + "\n";
  return text + fmt::format("all of it: drover-sim --replay {}", seed);
}

TEST_F(Simulator, FindsNothingWrong) {
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    const Outcome outcome = simulate(seed);
    ASSERT_EQ(outcome.problem, "") << told(seed, outcome);
    events += outcome.events;
    if (seed % 100 != 0) continue;
    ASSERT_EQ(simulate(seed).trace_hash, outcome.trace_hash)
        << "seed " << seed << " went another way the second time";
  }
  RecordProperty("events", fmt::format("{}", events));
}

TEST_F(Simulator, MakesAFailingScheduleSmallEnoughToRead) {
  plant = Plant::NoFence;
  std::uint64_t seed = 1;
  while (simulate(seed).problem.empty()) ++seed;
  const std::string problem = simulate(seed).problem;

  const Shrunk small = shrink(seed, *store_);

  EXPECT_TRUE(same_kind(small.outcome.problem, problem)) << small.outcome.problem;
  EXPECT_LE(digest_of(small.outcome.history).events, 30U);
  const auto again = sim::simulate(seed, *store_, 0, small.cut);
  EXPECT_EQ(again.trace_hash, small.outcome.trace_hash);
}

class PlantedMistake : public Simulator, public ::testing::WithParamInterface<Planted> {};

TEST_P(PlantedMistake, IsFound) {
  plant = GetParam().plant;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    const Outcome outcome = simulate(seed);
    if (outcome.problem.empty()) continue;
    RecordProperty("seed", fmt::format("{}", seed));
    fmt::print("found by seed {}: {}\n", seed, outcome.problem);
    return;
  }
  FAIL() << "10,000 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(All, PlantedMistake, ::testing::ValuesIn(all_plants()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace drover::sim
