#include "scheduler/core/deaths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "common/spelling.hpp"
#include "scheduler/core/failure_signature.hpp"

namespace drover::scheduler {
namespace {

/// `image 12`, `images 8 to 15`, or the step where it runs once; by index, which `drover logs`
/// takes too.
std::string executing_text(const Run& run, const Lease& lease, Range call) {
  const PlanStep& step = run.plan->steps.at(lease.step.step);
  if (!step.map) return fmt::format("step '{}'", step.name);
  if (call.size() == 1) return fmt::format("{} {}", run.plan->item_word, call.first);
  return fmt::format("{}s {} to {}", run.plan->item_word, call.first, call.last - 1);
}

bool is_told(std::uint64_t number) {
  std::uint64_t next = max_deaths_told;
  while (next < number) next *= 2;
  return number <= max_deaths_told || number == next;
}

std::string cause_text(Cause cause) {
  switch (cause) {
    case Cause::OutOfMemory:
      return "out of memory";
    case Cause::Timeout:
      return "out of time";
    default:
      return std::string(name_of(cause));
  }
}

}  // namespace

void tell_death(Turn& turn, const Agent& agent, const Lease& lease,
                const wire::CallFailed& failed) {
  Run& run = turn.state.runs.at(lease.step.run);
  const PlanStep& plan = run.plan->steps.at(lease.step.step);
  auto& count = run.steps.at(lease.step.step).deaths.at(static_cast<std::size_t>(failed.cause));
  count += 1;
  if (!is_told(count)) return;
  std::string text =
      fmt::format("{} slot {}, {}: {}", agent.name, lease.slot,
                  executing_text(run, lease, failed.call), shorten_error(failed.text));
  if (count > max_deaths_told) {
    text += fmt::format(" (number {} of '{}': {}; not each is told)", grouped(count), plan.name,
                        cause_text(failed.cause));
  }
  turn.save(SaveEvent{run.id, std::move(text)});
}

void tell_deaths_in_all(Turn& turn, const Run& run, std::uint32_t step) {
  const auto& deaths = run.steps.at(step).deaths;
  if (*std::ranges::max_element(deaths) <= max_deaths_told) return;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < deaths.size(); ++i) {
    if (deaths[i] == 0) continue;
    parts.push_back(fmt::format("{} {}", grouped(deaths[i]), cause_text(static_cast<Cause>(i))));
  }
  const auto all = std::accumulate(deaths.begin(), deaths.end(), std::uint64_t{0});
  turn.save(
      SaveEvent{run.id, fmt::format("{} of '{}' died in all: {}", counted(all, "worker"),
                                    run.plan->steps.at(step).name, listed(parts, parts.size()))});
}

}  // namespace drover::scheduler
