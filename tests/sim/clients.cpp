#include "tests/sim/clients.hpp"

#include <algorithm>
#include <chrono>

namespace drover::sim {

using namespace std::chrono_literals;

namespace {

// A client's number says what it asks: odd ones cancel.
std::uint64_t submitter(std::size_t run) { return 2 * run; }
std::uint64_t canceller(std::size_t run) { return 2 * run + 1; }

}  // namespace

Clients::Clients(World& world, SchedulerProcess& scheduler, const Workload& workload)
    : world_(world),
      scheduler_(scheduler),
      workload_(workload),
      asked_(workload.runs.size()),
      random_(world.stream(Stream::Clients)) {
  loss_ = random_.chance(0.5) ? 0.2 : 0;
  scheduler_.on_submit_answer = [this](std::uint64_t client, bool accepted) {
    if (!accepted) return world_.fail("a submit was refused");
    if (!world_.strikes(loss_, "an answer to a client is lost"))
      asked_.at(client / 2).accepted = true;
  };
  scheduler_.on_cancel_answer = [this](std::uint64_t client) {
    if (!world_.strikes(loss_, "an answer to a client is lost"))
      asked_.at(client / 2).cancelled = true;
  };
}

void Clients::start() {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    world_.post(random_.between(Duration::zero(), Duration(6s)), [this, i] { submit(i); });
    auto cancels = world_.strikes(workload_.strict ? 0 : 0.12, "a client will cancel");
    if (cancels) {
      asked_[i].cancel = true;
      world_.post(cancels->between(Duration(500ms), Duration(20s)), [this, i] { cancel(i); });
    }
  }
}

void Clients::submit(std::size_t run) {
  if (asked_[run].accepted) return;
  if (!world_.strikes(loss_, "a request is lost"))
    scheduler_.submit(workload_.runs[run], submitter(run));
  if (world_.strikes(0.1, "a client asks twice"))
    scheduler_.submit(workload_.runs[run], submitter(run));  // impatient
  world_.post(random_.between(Duration(300ms), Duration(2s)), [this, run] { submit(run); });
}

void Clients::cancel(std::size_t run) {
  if (asked_[run].cancelled) return;
  const bool can = asked_[run].accepted && !world_.strikes(loss_, "a request is lost");
  if (can) scheduler_.cancel(workload_.runs[run].id, canceller(run));
  world_.post(random_.between(Duration(300ms), Duration(2s)), [this, run] { cancel(run); });
}

void Clients::after_restore() {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (scheduler_.durable().run(workload_.runs[i].id) != nullptr) continue;
    if (!asked_[i].accepted) continue;  // It still asks.
    asked_[i].accepted = false;
    submit(i);
  }
}

bool Clients::satisfied() const {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (!asked_[i].accepted || (asked_[i].cancel && !asked_[i].cancelled)) return false;
    const auto* run = scheduler_.durable().run(workload_.runs[i].id);
    if (run == nullptr || run->state == scheduler::RunState::Running) return false;
  }
  return true;
}

}  // namespace drover::sim
