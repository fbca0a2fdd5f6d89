#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/wire/client_messages.hpp"
#include "common/workflow/plan.hpp"
#include "scheduler/core/state.hpp"
#include "scheduler/store/rows.hpp"

namespace drover::scheduler {

/// What becomes of results that builds of their tasks gave which no agent has any more.
enum class Changed : std::uint8_t { Keep, Again, Ask };

/// From what a client says. Errors: Invalid, with the words there are.
Result<Changed> parse_changed(const std::string& word);

/// A step of a new run that would keep results of a step of an older one.
struct Keeps {
  const PlanStep* step = nullptr;
  const StepRow* from = nullptr;
  std::uint64_t items = 0;
};

/// Those that builds gave which no agent has any more, by step of the new run. A task that no agent
/// has with these types at all has not changed as far as anybody knows.
std::map<std::uint32_t, wire::ChangedTask> changed_tasks(
    const std::map<std::uint32_t, Keeps>& keeps, const State& state);

}  // namespace drover::scheduler
