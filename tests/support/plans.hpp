#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/workflow/plan.hpp"
#include "scheduler/core/save.hpp"

/// Small workflows, already checked: builders supply what a test does not care about.
namespace drover::testing {

template <class Id>
Id numbered(std::uint8_t number) {
  Id id;
  id.bytes.fill(number);
  return id;
}
inline AgentId agent_id(std::uint8_t number) { return numbered<AgentId>(number); }
inline RunId run_id(std::uint8_t number) { return numbered<RunId>(number); }

/// Tasks of the test agents: `make_list() -> list[int]`, `work(value: int) -> int`, `reduce(values:
/// list[int?]) -> int`, `add(left: int, right: int) -> int`.
std::vector<std::string> task_texts();
/// The same tasks after somebody has changed what they take and return.
std::vector<std::string> other_task_texts();

/// A plain step that returns a list.
PlanStep listing_step(std::string name = "listing");
/// Maps over a list that is known already: `count` ints, 0, 1, 2, ...
PlanStep map_of_constants(std::uint64_t count, std::string name = "map");
/// Maps over the result of a step.
PlanStep map_over(std::uint32_t step, Part part = Part::All, std::string name = "map");
/// Maps over two results of equal length.
PlanStep zip_over(std::uint32_t left, std::uint32_t right, std::string name = "zip");
/// Takes the whole list of a map step.
PlanStep reduce_of(std::uint32_t step, Part part = Part::All, std::string name = "reduce");

std::shared_ptr<const Plan> plan_of(std::vector<PlanStep> steps);
std::shared_ptr<const scheduler::RunSpec> spec_of(const std::string& text);

}  // namespace drover::testing
