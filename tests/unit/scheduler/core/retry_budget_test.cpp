#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/scheduler_bench.hpp"

/// Attempts are the budget and one, whatever the cause, and whenever the scheduler is started
/// again.
namespace drover::testing {
namespace {

using namespace std::chrono_literals;

struct Budget {
  Cause cause;
  std::uint32_t RetryBudgets::*of;
};

constexpr Budget budgets[] = {{Cause::Crash, &RetryBudgets::crash},
                              {Cause::OutOfMemory, &RetryBudgets::out_of_memory},
                              {Cause::Timeout, &RetryBudgets::timeout},
                              {Cause::UserError, &RetryBudgets::user_error}};

/// One item that fails whenever it runs, and a scheduler that can be killed between its attempts.
class FailingItem {
 public:
  explicit FailingItem(const RetryBudgets& retries) {
    PlanStep map = map_of_constants(1);
    map.options.retries = retries;
    plan_ = plan_of({map});
    bench_.join(1);
    bench_.submit(1, plan_);
    bench_.commit();
  }

  /// Fails once more; false where it is not tried again.
  bool fail(Cause cause) {
    if (!wait_for_lease()) return false;
    const LeaseId lease = bench_.state.leases.begin()->first;
    if (cause == Cause::UserError) {
      bench_.results(1, lease, {0, 1}, {{0, cause, "no", false}});
    } else {
      bench_.call_failed(1, lease, {0, 1}, {}, cause);
    }
    remember_failure();
    bench_.commit();
    return true;
  }

  /// The scheduler is killed and started again: all it has is what was saved.
  void restart() {
    if (!bench_.state.runs.contains(run_id(1))) return;
    scheduler::Stored stored;
    stored.epoch = bench_.state.epoch + 1;
    stored.agents = {{agent_id(1), 1, "a1"}};
    stored.tasks = task_texts();
    scheduler::StoredRun run;
    run.run = run_id(1);
    run.spec = spec_of("flow");
    scheduler::StoredStep step;
    step.state = scheduler::StepState::Running;
    step.opening = OpeningId{7, 1};
    step.count = 1;
    step.charges = charges_;
    run.steps = {step};
    stored.runs = {run};
    SchedulerBench fresh(scheduler::recover(stored, {{run_id(1), plan_}}, bench_.now, 1));
    fresh.now = bench_.now;
    bench_ = std::move(fresh);
    bench_.step(scheduler::Started{});
    bench_.join(1);
    bench_.commit();
  }

 private:
  bool wait_for_lease() {
    for (int second = 0; second < 65 && bench_.state.leases.empty(); ++second) {
      if (!bench_.state.runs.contains(run_id(1))) return false;
      bench_.heartbeat(1);
      bench_.after(1s);
      bench_.commit();
    }
    return !bench_.state.leases.empty();
  }

  void remember_failure() {
    for (const auto& effect : bench_.effects) {
      const auto* persist = std::get_if<scheduler::Persist>(&effect);
      const auto* saved =
          persist == nullptr ? nullptr : std::get_if<scheduler::SaveFailure>(&persist->save.what);
      if (saved == nullptr) continue;
      charges_.push_back(
          {saved->item, saved->attempt, saved->cause, saved->lease, saved->agent, saved->slot});
    }
  }

  std::shared_ptr<const Plan> plan_;
  SchedulerBench bench_;
  std::vector<scheduler::StoredCharge> charges_;
};

/// Restarts after the attempts whose bits are set.
std::uint32_t attempts(const Budget& budget, std::uint32_t retries, std::uint32_t restarts) {
  RetryBudgets all{0, 0, 0, 0};
  all.*budget.of = retries;
  FailingItem item(all);
  std::uint32_t made = 0;
  while (made < 30 && item.fail(budget.cause)) {
    if ((restarts >> made & 1U) != 0) item.restart();
    ++made;
  }
  return made;
}

TEST(RetryBudget, IsKeptExactlyForEachCauseOverAnyRestarts) {
  for (const Budget& budget : budgets) {
    for (std::uint32_t retries = 0; retries <= 5; ++retries) {
      for (const std::uint32_t restarts : {0U, 1U, 2U, 4U, 8U, 16U, 0b10101U, 0b01010U, 0b11111U,
                                           0b110U, 0b11000U, 0b100001U, ~0U}) {
        EXPECT_EQ(attempts(budget, retries, restarts), retries + 1)
            << name_of(budget.cause) << ", restarts after attempts of bits " << restarts;
      }
    }
  }
}

TEST(RetryBudget, HasItsEndAlsoWhereItIsUnlimited) {
  for (const Budget& budget : budgets) {
    EXPECT_EQ(attempts(budget, 1000, 0), 21U) << name_of(budget.cause);
    EXPECT_EQ(attempts(budget, 1000, ~0U), 21U) << name_of(budget.cause);
  }
}

TEST(RetryBudget, OfOneCauseIsNotSpentByAnother) {
  for (const Budget& first : budgets) {
    for (const Budget& second : budgets) {
      if (first.cause == second.cause) continue;
      FailingItem item(RetryBudgets{1, 1, 1, 1});
      EXPECT_TRUE(item.fail(first.cause));
      item.restart();
      EXPECT_TRUE(item.fail(second.cause));
      EXPECT_TRUE(item.fail(first.cause))
          << name_of(first.cause) << " after " << name_of(second.cause);
      EXPECT_FALSE(item.fail(first.cause));
    }
  }
}

}  // namespace
}  // namespace drover::testing
