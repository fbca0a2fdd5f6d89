#pragma once

#include <string>
#include <vector>

#include "agent/core/effect.hpp"
#include "agent/core/event.hpp"
#include "scheduler/core/effect.hpp"
#include "scheduler/core/event.hpp"

/// Events and effects of both cores in short words: what tests compare, scenarios show and the
/// simulator prints.
///
/// Ids whose bytes are all equal print as `a1` (agent) and `r1` (run); a step is `r1/0`, a slot
/// `a1.0`, a lease `epoch.number`, items `[first,last)`.
namespace drover::testing {

std::string words(const AgentId& id);
std::string words(const RunId& id);
std::string words(const StepRef& step);
std::string words(const Range& range);
std::string words(const std::vector<Range>& ranges);
std::string words(const scheduler::Event& event);
std::string words(const scheduler::Effect& effect);
std::string words(const agent::Event& event);
std::string words(const agent::Effect& effect);

}  // namespace drover::testing
