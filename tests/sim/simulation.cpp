#include "tests/sim/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

#include "common/check.hpp"
#include "common/types/codec.hpp"
#include "tests/sim/agent_process.hpp"
#include "tests/sim/clients.hpp"
#include "tests/sim/end_checks.hpp"
#include "tests/sim/fault_plan.hpp"
#include "tests/sim/scheduler_process.hpp"

namespace drover::sim {
namespace {

using namespace std::chrono_literals;

/// Everything that a seed stands for.
class Simulation {
 public:
  Simulation(std::uint64_t seed, scheduler::Store& store, const Cut& cut)
      : world_(seed, cut),
        workload_(world_.unsalted(Stream::Workload), cut),
        network_(world_),
        scheduler_(world_, network_, store, workload_, facts_),
        clients_(world_, scheduler_, workload_) {
    Random random = world_.unsalted(Stream::Agents);
    const auto agents = std::min(cut.most_agents, random.between(2, 5));
    for (std::uint8_t i = 1; i <= agents; ++i) {
      const auto slots = static_cast<std::uint32_t>(std::min(cut.most_slots, random.between(1, 3)));
      agents_.emplace_back(world_, network_, workload_, facts_, i, slots);
    }
    network_.to_scheduler = [this](Peer peer, const wire::Envelope& envelope,
                                   const wire::AgentMessage& message) {
      scheduler_.receive(peer, envelope, message);
    };
    network_.to_agent = [this](Peer peer, const wire::Envelope& envelope,
                               const wire::SchedulerMessage& message) {
      agents_.at(peer.agent - 1U).receive(peer, envelope, message);
    };
  }

  Outcome run(std::size_t lines) {
    world_.lines_kept = lines;
    scheduler_.start();
    Random random = world_.stream(Stream::Agents);
    for (auto& agent : agents_) {
      world_.post(random.between(Duration::zero(), Duration(2s)), [&agent] {
        if (!agent.up()) agent.start();
      });
    }
    clients_.start();
    FaultPlan faults(world_, network_, scheduler_, agents_, clients_, facts_, workload_);
    faults.start();
    while (!world_.failed() && !faults.over() && world_.run_next()) {
    }
    const Instant deadline = world_.now + liveness_within;
    while (!world_.failed() && world_.now < deadline && !all_done() && world_.run_next()) {
    }
    if (!world_.failed() && !all_done()) world_.fail("not everything ended: " + what_is_left());
    if (!world_.failed()) check_end(world_, scheduler_, workload_, facts_);
    return {world_.problem,
            {world_.lines.begin(), world_.lines.end()},
            world_.trace_hash,
            world_.events,
            world_.faults()};
  }

 private:
  static constexpr Duration liveness_within =
      900s;  // Slots that are off, back-offs and T_ADOPT, one after another.

  bool all_done() const {
    if (!scheduler_.up() || !clients_.satisfied()) return false;
    const auto& core = scheduler_.core();
    if (!core.runs.empty() || !core.leases.empty() || !core.held.empty()) return false;
    return scheduler_.everything_durable() &&
           std::all_of(agents_.begin(), agents_.end(),
                       [](const AgentProcess& agent) { return !agent.up() || agent.idle(); });
  }

  std::string what_is_left() const {
    const auto& core = scheduler_.core();
    std::string text = fmt::format("{} runs, {} leases, {} effects held", core.runs.size(),
                                   core.leases.size(), core.held.size());
    for (const auto& [id, run] : core.runs) {
      for (const auto& step : run.steps) {
        text +=
            fmt::format("; step {}: {} free, {} retrying, {} of {} ended", name_of(step.state),
                        step.free.size(), step.retry_queue.size(), step.ended_items(), step.count);
      }
    }
    for (const auto& agent : agents_) {
      if (agent.up() && !agent.idle()) {
        text += fmt::format("; {}: uplink {}, {} unanswered", agent.core().name,
                            static_cast<int>(agent.core().uplink), agent.core().unanswered.size());
      }
    }
    return text + (clients_.satisfied() ? "" : "; a client waits");
  }

  World world_;
  Facts facts_;
  Workload workload_;
  Network network_;
  SchedulerProcess scheduler_;
  Clients clients_;
  std::deque<AgentProcess> agents_;
};

}  // namespace

Outcome simulate(std::uint64_t seed, scheduler::Store& store, std::size_t lines, const Cut& cut) {
  CHECK(store.reset().has_value());
  return Simulation(seed, store, cut).run(lines);
}

}  // namespace drover::sim
