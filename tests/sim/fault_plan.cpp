#include "tests/sim/fault_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace drover::sim {

using namespace std::chrono_literals;

FaultPlan::FaultPlan(World& world, Network& network, SchedulerProcess& scheduler,
                     std::deque<AgentProcess>& agents, Clients& clients, Facts& facts,
                     Workload& workload)
    : world_(world),
      network_(network),
      scheduler_(scheduler),
      agents_(agents),
      clients_(clients),
      facts_(facts),
      workload_(workload),
      random_(world.stream(Stream::FaultPlan)) {
  scheduler_.on_killed = [this] { restart_scheduler(); };
}

/// Each seed has its own mix: few kinds at a time show more than all at once.
void FaultPlan::choose() {
  Random& random = random_;
  const auto maybe = [&](double share, double value) { return random.chance(share) ? value : 0.0; };
  workload_.strict = random.chance(0.1);
  often_ = random.between(Duration(400ms), Duration(6s));
  if (workload_.strict) {
    kinds_ = {Kind::KillScheduler};
    network_.faults.loss = maybe(0.3, 0.005);
    return;
  }
  const Kind all[] = {Kind::BlockUp,       Kind::BlockDown,  Kind::BlockBoth,
                      Kind::KillScheduler, Kind::KillAgent,  Kind::KillAgentForGood,
                      Kind::StopAgent,     Kind::KillWorker, Kind::FillDisk,
                      Kind::Stall,         Kind::SetClock,   Kind::BuildTasks,
                      Kind::RestoreBackup};
  for (const Kind kind : all) {
    const double share = kind == Kind::RestoreBackup   ? 0.1
                         : kind == Kind::KillScheduler ? 0.5
                                                       : 0.3;
    if (random.chance(share)) kinds_.push_back(kind);
  }
  // An epoch stays unique in an older database by the clock of the wall; one that is set back is
  // the other half of an accident that is not provided for.
  if (kinds_.size() > 1 && kinds_.back() == Kind::RestoreBackup) std::erase(kinds_, Kind::SetClock);
  network_.faults.loss = maybe(0.3, 0.01);
  network_.faults.duplication = maybe(0.2, 0.03);
  network_.faults.long_delay = maybe(0.2, 0.01);
  network_.faults.reordering = maybe(0.15, 0.02);
  scheduler_.faults.kill_in_effects = maybe(0.3, 0.003);
  scheduler_.faults.slow_commit = maybe(0.3, 0.05);
  scheduler_.faults.shorten = maybe(0.3, 0.1);
  scheduler_.faults.refuse = maybe(0.1, 0.01);
  scheduler_.faults.late_inputs = maybe(0.3, 0.1);
  const double deaths = maybe(0.2, 0.03);
  for (auto& agent : agents_) agent.faults.spurious_death = deaths;
  // A machine that is broken, among others that are not.
  if (random.chance(0.1))
    agents_[random.below(agents_.size())].faults.spurious_death = random.chance(0.5) ? 1.0 : 0.5;
  scheduler_.faults.broken_commit = maybe(0.1, 0.01);
}

void FaultPlan::start() {
  choose();
  world_.post(random_.between(Duration(3s), Duration(25s)), [this] { heal(); });
  next();
}

void FaultPlan::next() {
  if (kinds_.empty()) return;
  world_.post(random_.between(often_ / 2, often_ * 2), [this] {
    if (over_) return;
    const Kind kind = kinds_[random_.below(kinds_.size())];
    if (auto fault = world_.strikes(1, "of the plan")) make(kind, *fault);
    next();
  });
}

void FaultPlan::make(Kind kind, Random random) {
  const auto agent = static_cast<std::uint8_t>(random.below(agents_.size()) + 1);
  const Duration silence = random.between(Duration(50ms), Duration(6s));
  switch (kind) {
    case Kind::BlockUp:
    case Kind::BlockDown:
    case Kind::BlockBoth:
      world_.note("network", fmt::format("a{} is cut off for {} ms", agent, silence / 1ms));
      if (kind != Kind::BlockDown)
        network_.block(agent, Network::Way::Up, silence, random.chance(0.7));
      if (kind != Kind::BlockUp)
        network_.block(agent, Network::Way::Down, silence, random.chance(0.7));
      return;
    case Kind::KillScheduler:
      if (!scheduler_.up()) return;
      scheduler_.kill();
      return restart_scheduler();
    case Kind::RestoreBackup:
      if (!scheduler_.up()) return;
      scheduler_.kill();
      scheduler_.restore(random.below(30));
      clients_.after_restore();
      return restart_scheduler();
    case Kind::KillAgent:
      if (!agents_[agent - 1U].up()) return;
      agents_[agent - 1U].kill();
      return start_later(agent);
    case Kind::KillAgentForGood:
      if (gone_.size() + 1 >= agents_.size() || !agents_[agent - 1U].up()) return;
      gone_.insert(agent);
      return agents_[agent - 1U].kill();
    case Kind::StopAgent:
      if (!agents_[agent - 1U].up()) return;
      agents_[agent - 1U].stop();
      return start_later(agent);
    case Kind::KillWorker:
      if (agents_[agent - 1U].up()) agents_[agent - 1U].kill_worker();
      return;
    case Kind::FillDisk:
      scheduler_.set_disk_full(true);
      world_.post(random.between(Duration(50ms), Duration(5s)),
                  [this] { scheduler_.set_disk_full(false); });
      return;
    case Kind::SetClock:
      return scheduler_.set_clock(random.between(-Duration(1h), Duration(1h)));
    case Kind::BuildTasks: {
      AgentProcess& builds = agents_[agent - 1U];
      builds.build_tasks(random.chance(0.5), random.between(Duration(10ms), Duration(3s)));
      // With other types for a while only: runs of these types are all there are.
      world_.post(silence + 3s, [&builds] { builds.build_tasks(false, Duration(200ms)); });
      return;
    }
    case Kind::Stall: {
      const Duration time = random.between(Duration(200ms), Duration(20s));
      world_.note("scheduler", fmt::format("stands still for {} ms", time / 1ms));
      return scheduler_.stall(time);
    }
  }
}

void FaultPlan::restart_scheduler() {
  const Duration longest = workload_.strict ? Duration(1s) : Duration(8s);
  world_.post(random_.between(Duration(5ms), longest), [this] {
    if (!scheduler_.up()) scheduler_.start();
  });
}

void FaultPlan::start_later(std::uint8_t agent) {
  world_.post(random_.between(Duration(2500ms), Duration(9s)), [this, agent] {
    if (!agents_[agent - 1U].up() && !gone_.contains(agent)) agents_[agent - 1U].start();
  });
}

void FaultPlan::heal() {
  world_.note("faults", "stop");
  over_ = true;
  network_.heal();
  clients_.heal();
  scheduler_.faults = {};
  scheduler_.set_disk_full(false);
  for (auto& agent : agents_) agent.faults = {};
}

}  // namespace drover::sim
