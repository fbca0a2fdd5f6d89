#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/check.hpp"
#include "common/types/codec.hpp"
#include "common/types/signature.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/step.hpp"

/// Drives the real core in tests, as its shell would.
namespace drover::scheduler::testing {

inline RunId run_id(std::uint8_t number) {
  RunId id;
  id.bytes.fill(number);
  return id;
}
inline AgentId agent_id(std::uint8_t number) {
  AgentId id;
  id.bytes.fill(number);
  return id;
}

inline Signature signature(const std::string& text) {
  auto parsed = parse_signature(text);
  CHECK(parsed.has_value(), "{}", parsed.error().context);
  return std::move(*parsed);
}

inline constexpr const char* list_task = "names(count: int) -> list[uri]";
inline constexpr const char* item_task = "look(image: uri) -> int";
inline constexpr const char* sum_task = "total(counts: list[int?]) -> int";

inline PlanStep plan_step(const std::string& name, const std::string& task) {
  PlanStep step;
  step.name = name;
  step.task = signature(task);
  step.returns = step.task.returns;
  return step;
}

/// `listing` returns a list of uris, `looks` maps over it, `summary` reads all of that.
inline Plan three_steps() {
  Plan plan;
  plan.name = "looking";
  plan.item_word = "image";
  plan.results = "/results";
  PlanStep listing = plan_step("listing", list_task);
  listing.arguments = {{"count", Type::integer(), Feed::Whole, {Constant{encoded(3)}}}};
  PlanStep looks = plan_step("looks", item_task);
  looks.arguments = {{"image", Type::uri(), Feed::Each, {StepResult{0, Part::Value}}}};
  looks.map = true;
  looks.key_argument = 0;
  looks.reads = {0};
  PlanStep summary = plan_step("summary", sum_task);
  summary.arguments = {{"counts", looks.result_type(), Feed::Whole, {StepResult{1, Part::All}}}};
  summary.reads = {1};
  plan.steps = {listing, looks, summary};
  plan.outputs = {2};
  return plan;
}

/// One map step over constant keys.
inline Plan one_map(std::size_t items, StepOptions options = {}) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < items; ++i) keys.push_back(fmt::format("/in/{:04}.jpg", i));
  Plan plan;
  plan.name = "mapping";
  plan.item_word = "image";
  plan.results = "/results";
  PlanStep looks = plan_step("looks", item_task);
  looks.arguments = {{"image", Type::uri(), Feed::Each, {Constant{encoded(keys)}}}};
  looks.map = true;
  looks.key_argument = 0;
  looks.options = std::move(options);
  plan.steps = {looks};
  plan.outputs = {0};
  return plan;
}

class Driver {
 public:
  State state;
  Instant now{std::chrono::hours(1)};
  bool commits = true;                                                      ///< Else commit() does.
  std::function<void(const std::vector<Save>&)> keep = [](const auto&) {};  ///< The store.
  std::map<LeaseId, SendGrant> grants;                                      ///< All that were sent.
  std::vector<Effect> sent;  ///< To agents and clients, and ends of runs.

  Driver() { state.epoch = 7; }

  void happen(const Event& event) {
    Effects effects;
    step(state, event, now, effects);
    for (auto& effect : effects) {
      if (auto* persist = std::get_if<Persist>(&effect)) {
        waiting_.push_back(std::move(persist->save));
      } else if (auto* grant = std::get_if<SendGrant>(&effect)) {
        grants[grant->lease] = *grant;
      } else {
        sent.push_back(std::move(effect));
      }
    }
    if (commits) commit();
  }

  /// Keeps what is saved until now, and says so.
  void commit() {
    while (!waiting_.empty()) {
      const std::vector<Save> saves = std::move(waiting_);
      waiting_.clear();
      keep(saves);
      happen(Committed{saves.back().seq});
    }
  }

  void pass(Duration time) {
    now += time;
    happen(TimeDue{});
  }

  void submit(const RunId& run, Plan plan, RunSpec spec = {}, std::optional<RunId> parent = {},
              std::vector<TakenOver> taken_over = {}) {
    happen(Submitted{ClientToken{1}, run, std::make_shared<RunSpec>(std::move(spec)),
                     std::make_shared<Plan>(std::move(plan)), parent, std::move(taken_over)});
  }

  /// An agent comes, or comes again, with these slots.
  void join(std::uint8_t number, std::uint32_t slots, std::vector<std::string> tasks,
            const std::function<void(wire::Hello&)>& change = {}) {
    wire::Hello hello;
    hello.session = ++hellos_;
    hello.agent = agent_id(number);
    hello.incarnation = 1;
    hello.name = fmt::format("host-{}", number);
    for (std::uint32_t i = 0; i < slots; ++i) hello.slots.push_back({i, 1, 0, 1U << 30U});
    hello.tasks = std::move(tasks);
    if (change) change(hello);
    happen(HelloReceived{std::move(hello)});
  }

  SessionId session(const AgentId& agent) const { return state.agents.at(agent).session->id; }

  /// The lease that a step has on a slot of an agent, the first in its order.
  LeaseId lease_of(const StepRef& ref) const {
    for (const auto& [id, lease] : state.leases) {
      if (lease.step == ref) return id;
    }
    CHECK(false, "the step has no lease");
  }

  void heartbeat(const AgentId& agent, std::vector<wire::SlotProgress> slots = {}) {
    happen(HeartbeatReceived{agent, session(agent), {std::move(slots)}});
  }

  void result(const LeaseId& lease, wire::Results results) {
    results.lease = lease;
    const AgentId agent = state.leases.at(lease).agent;
    happen(ResultsReceived{agent, session(agent),
                           std::make_shared<wire::Results>(std::move(results))});
  }

  /// Every item of the lease is done with its own index as the value.
  void finish(const LeaseId& lease, float seconds = 0.1F) {
    for (const Range& range : state.leases.at(lease).items.ranges()) {
      wire::Results results;
      results.first = range.first;
      for (ItemIndex i = range.first; i < range.last; ++i) {
        results.columns.push_back(encoded(i));
        results.seconds.push_back(seconds);
      }
      result(lease, std::move(results));
    }
  }

  /// The first item of the lease is done with its own index as the value.
  void finish_first(const LeaseId& lease, float seconds = 0.1F) {
    wire::Results results;
    results.first = state.leases.at(lease).items.front().first;
    results.columns.push_back(encoded(results.first));
    results.seconds = {seconds};
    result(lease, std::move(results));
  }

  /// The plain step of this lease returns this list.
  void finish_list(const LeaseId& lease, const std::vector<std::string>& list) {
    auto chunk = std::make_shared<wire::PutChunk>();
    chunk->lease = lease;
    for (const auto& element : list) chunk->columns.push_back(encoded(element));
    const AgentId agent = state.leases.at(lease).agent;
    happen(ChunkReceived{agent, session(agent), chunk});
    wire::Results results;
    results.columns.push_back("");
    results.seconds = {0.1F};
    results.list_size = list.size();
    result(lease, std::move(results));
  }

  /// The first item of the lease fails with an error of the task.
  void fail_first(const LeaseId& lease, const std::string& text, Cause cause = Cause::UserError) {
    const ItemIndex item = state.leases.at(lease).items.front().first;
    wire::Results results;
    results.first = item;
    results.columns.push_back("");
    results.seconds = {0.2F};
    results.failures = {{item, cause, text, false}};
    result(lease, std::move(results));
  }

  std::size_t unkept() const { return waiting_.size(); }

 private:
  std::vector<Save> waiting_;
  std::uint64_t hellos_ = 0;
};

}  // namespace drover::scheduler::testing
