#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "tests/sim/simulation.hpp"

namespace drover::sim {
namespace {

std::optional<std::uint64_t> number_from(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : std::optional(std::strtoull(text, nullptr, 10));
}

std::uint64_t seeds() { return number_from("SIM_SEEDS").value_or(2000); }

class Simulator : public ::testing::Test {
 protected:
  Simulator() : store_(scheduler::Store::open_in_memory()) {}
  ~Simulator() override { scheduler::plant = scheduler::Plant::None; }

  Outcome simulate(std::uint64_t seed) {
    return sim::simulate(seed, *store_, number_from("SIM_LINES").value_or(60));
  }

  Result<scheduler::Store> store_;
};

std::string told(std::uint64_t seed, const Outcome& outcome) {
  return fmt::format("seed {}: {}\n{}run it again with SIM_SEED={}", seed, outcome.problem,
                     outcome.history, seed);
}

TEST_F(Simulator, FindsNothingWrong) {
  if (const auto seed = number_from("SIM_SEED")) {
    const Outcome outcome = simulate(*seed);
    ASSERT_EQ(outcome.problem, "") << told(*seed, outcome);
    return;
  }
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

struct Planted {
  const char* name;
  scheduler::Plant plant;
};

class PlantedMistake : public Simulator, public ::testing::WithParamInterface<Planted> {};

TEST_P(PlantedMistake, IsFound) {
  scheduler::plant = GetParam().plant;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const Outcome outcome = simulate(seed);
    if (outcome.problem.empty()) continue;
    RecordProperty("seed", fmt::format("{}", seed));
    std::printf("found by seed %llu: %s\n", static_cast<unsigned long long>(seed),
                outcome.problem.c_str());
    return;
  }
  FAIL() << "2,000 seeds did not find it";
}

using scheduler::Plant;
INSTANTIATE_TEST_SUITE_P(
    InTheCore, PlantedMistake,
    ::testing::Values(Planted{"acknowledge_before_commit", Plant::AcknowledgeBeforeCommit},
                      Planted{"answer_stale_before_commit", Plant::AnswerStaleBeforeCommit},
                      Planted{"no_fence", Plant::NoFence},
                      Planted{"adopt_what_was_granted_elsewhere", Plant::AdoptGrantedElsewhere},
                      Planted{"lost_keeps_its_leases", Plant::LostKeepsLeases},
                      Planted{"retry_before_its_charge_is_durable", Plant::RetryBeforeCharge},
                      Planted{"charge_twice_by_one_lease", Plant::ChargeTwice},
                      Planted{"acknowledge_cancel_before_commit", Plant::CancelBeforeCommit},
                      Planted{"blame_queued_items", Plant::BlameQueued},
                      Planted{"forget_attempts_in_a_restart", Plant::ForgetAttempts}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace drover::sim
