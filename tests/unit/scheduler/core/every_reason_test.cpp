#include <gmock/gmock.h>

#include <map>
#include <random>

#include "scheduler/core/explain.hpp"
#include "scheduler/core/explain_text.hpp"
#include "scheduler/core/step.hpp"
#include "tests/unit/scheduler/core_driver.hpp"

/// Whatever happened, all that does not run has a reason.
namespace drover::scheduler {
namespace {

using testing::Driver;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Does what a pool, its users and its disk may do, at random.
class Chaos {
 public:
  explicit Chaos(std::uint32_t seed) : random_(seed) { driver.commits = false; }

  Driver driver;

  void act() {
    switch (pick(12)) {
      case 0:
        return join(static_cast<std::uint8_t>(1 + pick(3)));
      case 1:
        return submit();
      case 2:
        return pick(8) == 0 ? driver.happen(CancelRequested{ClientToken{2}, some_run()}) : pulse();
      case 3:
        return close();
      case 4:
        driver.happen(pick(4) == 0 ? Event{StoreFull{}} : Event{StoreHasRoom{}});
        return;
      case 5:
        driver.pass(std::chrono::milliseconds(pick(3000)));
        return;
      case 6:
        return call_failed();
      case 7:
        return pulse();
      default:
        return pick(3) == 0 ? driver.commit() : result();
    }
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  RunId some_run() { return testing::run_id(static_cast<std::uint8_t>(1 + pick(5))); }

  void join(std::uint8_t number) {
    driver.join(number, 1 + static_cast<std::uint32_t>(pick(3)),
                pick(5) == 0 ? std::vector<std::string>{testing::list_task}
                             : std::vector<std::string>{testing::list_task, testing::item_task,
                                                        testing::sum_task},
                [&](wire::Hello& hello) {
                  for (auto& slot : hello.slots) slot.gpu = static_cast<double>(pick(2));
                  if (pick(2) == 0) hello.labels["site"] = "a";
                });
  }

  void submit() {
    StepOptions options;
    options.concurrency = static_cast<std::uint32_t>(pick(3));
    options.resources.gpu = static_cast<double>(pick(2));
    options.resources.cpu = pick(6) == 0 ? 8 : 1;
    if (pick(4) == 0) options.where = {{"site", "a"}};
    options.retries.user_error = 2;
    options.allow_failed = {true, 0.3, 0};
    options.stop_when_exceeded = pick(2) == 0;
    options.batch = static_cast<std::uint32_t>(pick(4));
    if (pick(3) == 0) {
      driver.submit(some_run(), testing::three_steps());
    } else {
      driver.submit(some_run(), testing::one_map(pick(60), options));
    }
  }

  const Lease* some_lease() {
    std::vector<const Lease*> all;
    for (const auto& [id, lease] : driver.state.leases) {
      if (driver.state.agents.at(lease.agent).session && !lease.items.empty())
        all.push_back(&lease);
    }
    return all.empty() ? nullptr : all[pick(all.size())];
  }

  void result() {
    const Lease* lease = some_lease();
    if (lease == nullptr) return pulse();
    if (pick(4) == 0) return driver.fail_first(lease->id, "no");
    const Run& run = driver.state.runs.at(lease->step.run);
    if (run.plan->steps[lease->step.step].name == "listing") {
      return driver.finish_list(lease->id, {"/a", "/b", "/c"});
    }
    driver.finish(lease->id, pick(2) == 0 ? 0.001F : 2.0F);
  }

  void call_failed() {
    const Lease* lease = some_lease();
    if (lease == nullptr) return;
    wire::CallFailed failed{lease->id, lease->items.front(), {}, Cause::Crash, "SIGSEGV", 0.1F};
    driver.happen(CallFailedReceived{lease->agent, driver.session(lease->agent), failed});
  }

  void pulse() {
    for (const auto& [id, agent] : std::map(driver.state.agents)) {
      if (agent.session && pick(4) != 0) driver.heartbeat(id);
    }
  }

  void close() {
    const AgentId id = testing::agent_id(static_cast<std::uint8_t>(1 + pick(3)));
    const auto agent = driver.state.agents.find(id);
    if (agent == driver.state.agents.end() || !agent->second.session) return;
    const SessionId session = agent->second.session->id;
    if (pick(3) == 0) return driver.happen(GoodbyeReceived{id, session, {"down"}});
    driver.happen(SessionClosed{id, session, "a message is missing"});
  }

  std::mt19937 random_;
};

TEST(EveryReason, GivesEveryOpenItemAReasonInEveryState) {
  std::map<std::string, int> seen;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    Chaos chaos(seed);
    for (int i = 0; i < 150; ++i) {
      chaos.act();
      const State& state = chaos.driver.state;
      ASSERT_THAT(unexplained(state, chaos.driver.now), IsEmpty())
          << "seed " << seed << " act " << i;
      ASSERT_THAT(broken_invariants(state), IsEmpty()) << "seed " << seed << " act " << i;
      for (const auto& [id, run] : state.runs) {
        for (std::uint32_t s = 0; s < run.steps.size(); ++s) {
          for (const auto& reason : explain(state, {id, s}, chaos.driver.now).reasons) {
            ++seen[std::string(code_of(reason))];
          }
        }
      }
    }
  }
  // The states were varied enough for the test to mean something.
  for (const char* code : {"steps_before", "storage_full", "concurrency", "no_slots", "no_task",
                           "task_not_offered", "not_connected", "silent", "no_gpu", "no_cpu",
                           "no_label", "slots_busy", "next_in_slot", "failure_not_written"}) {
    EXPECT_GT(seen[code], 0) << code;
  }
}

TEST(EveryReason, FindsAStateThatNothingExplains) {
  Driver driver;
  driver.join(1, 1, {testing::item_task});
  driver.submit(testing::run_id(1), testing::one_map(4));
  Step& step = driver.state.runs.at(testing::run_id(1)).steps[0];
  driver.state.agents.at(testing::agent_id(1)).slots[5].offer = {
      5, 1, 0, 1U << 30U};  // idle beside open items
  EXPECT_THAT(unexplained(driver.state, driver.now), Not(IsEmpty()));

  step.free.clear();
  EXPECT_THAT(unexplained(driver.state, driver.now), ElementsAre(HasSubstr("are open")));
}

}  // namespace
}  // namespace drover::scheduler
