#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "scheduler/query/queries.hpp"
#include "scheduler/query/submission.hpp"
#include "tests/unit/scheduler/core_driver.hpp"

namespace drover::scheduler::testing {

inline constexpr const char* looking_workflow = R"(workflow: looking
item: image
inputs:
  count: int = 3
steps:
  listing:
    task: names
    with: {count: $count}
  looks:
    task: look
    each: {image: $listing}
    allow_failed: 40%
  summary:
    task: total
    with: {counts: $looks}
)";

/// The real core and a real store, driven through what clients may ask.
class QueryTest : public ::testing::Test {
 protected:
  QueryTest() : store_(open()) { use_store(); }

  /// An agent with all tasks.
  void join(std::uint8_t number = 1, std::uint32_t slots = 1) {
    driver_.join(number, slots, {list_task, item_task, sum_task});
  }

  Prepared prepared(const RunId& run, const std::string& text = looking_workflow,
                    std::map<std::string, std::string> inputs = {}) const {
    auto made = prepare_submit(request(run, text, std::move(inputs)), driver_.state);
    const auto* rejected = std::get_if<wire::Rejected>(&made);
    CHECK(rejected == nullptr, "{}", rejected->text);
    return std::get<Prepared>(made);
  }

  static wire::Submit request(const RunId& run, const std::string& text,
                              std::map<std::string, std::string> inputs = {}) {
    return {run, "looking.yaml", text, std::move(inputs), "/home/ada", "ada@desk", false};
  }

  void submit(const RunId& run, const std::string& text = looking_workflow) {
    const Prepared made = prepared(run, text);
    driver_.submit(run, *made.plan, *made.spec);
  }

  /// Runs again what is not done of `parent`.
  void rerun(const RunId& run, const std::string& parent) {
    const auto made =
        prepare_rerun(wire::Rerun{run, parent, false, {}, {}, {}, ""}, view(), store_);
    CHECK(made.has_value(), "{}", made.error().context);
    driver_.submit(run, *made->plan, *made->spec, made->parent, made->taken_over);
  }

  /// Submits `looking` and lists these keys.
  void list(const RunId& run, const std::vector<std::string>& keys) {
    submit(run);
    driver_.finish_list(driver_.lease_of({run, 0}), keys);
  }

  /// Ends the items of the run one by one, those that follow too; the `bad` ones of maps fail.
  void run_to_end(const RunId& run, const std::vector<ItemIndex>& bad = {}) {
    std::map<ItemIndex, std::string> failures;
    for (const ItemIndex item : bad)
      failures[item] = "not a JPEG file: item " + std::to_string(item);
    run_to_end_with(run, failures);
  }
  void run_to_end_with(const RunId& run, const std::map<ItemIndex, std::string>& failures) {
    for (const Lease* lease = any_lease(run); lease != nullptr; lease = any_lease(run)) {
      const ItemIndex item = lease->items.front().first;
      const bool is_map = driver_.state.runs.at(run).plan->steps[lease->step.step].map;
      const auto failure = failures.find(item);
      if (is_map && failure != failures.end()) {
        driver_.fail_first(lease->id, failure->second);
      } else {
        driver_.finish_first(lease->id);
      }
    }
  }

  const Lease* any_lease(const RunId& run) {
    for (const auto& [id, lease] : driver_.state.leases) {
      if (lease.step.run == run) return &lease;
    }
    return nullptr;
  }

  /// The reply, which must be of this kind.
  template <class Reply>
  Reply ask(const wire::ClientRequest& question) {
    auto reply = answer(question, view(), store_, context());
    if (const auto* failed = std::get_if<wire::Failed>(&reply)) {
      if constexpr (!std::is_same_v<Reply, wire::Failed>) CHECK(false, "{}", failed->context);
    }
    return std::get<Reply>(std::move(reply));
  }
  std::string refusal(const wire::ClientRequest& question) {
    return ask<wire::Failed>(question).context;
  }

  LiveView view() const { return live_view(driver_.state, driver_.now); }
  QueryContext context() const {
    return {"0.1.0", WallTime{wall_}, std::chrono::seconds(9), plans_};
  }

  /// The scheduler is killed and starts again.
  void restart() {
    const auto stored = store_.load(wall_);
    std::map<RunId, std::shared_ptr<const Plan>> plans;
    for (const auto& run : stored->runs) plans[run.run] = *plan_of(*run.spec);
    driver_ = Driver();
    use_store();
    driver_.state = recover(*stored, plans, driver_.now, 1);
    driver_.happen(Started{});
  }

  std::int64_t wall_ = 1'000'000;
  std::shared_ptr<StoredPlans> plans_ = std::make_shared<StoredPlans>();
  Store store_;
  Driver driver_;

 private:
  Store open() {
    auto store = Store::open_in_memory({.durable = false, .wall_clock = [this] { return wall_; }});
    CHECK(store.has_value(), "{}", store.error().context);
    return std::move(*store);
  }
  void use_store() {
    driver_.keep = [this](const std::vector<Save>& saves) {
      const auto kept = store_.apply(saves);
      CHECK(kept.has_value(), "{}", kept.error().context);
    };
  }
};

}  // namespace drover::scheduler::testing
