#include "tests/support/plans.hpp"

#include <utility>

#include "common/check.hpp"
#include "common/types/codec.hpp"

namespace drover::testing {
namespace {

Signature signature(const std::string& text) {
  auto parsed = parse_signature(text);
  CHECK(parsed.has_value(), "{}", text);
  return *std::move(parsed);
}

PlanStep step_of(std::string name, const std::string& task) {
  PlanStep step;
  step.name = std::move(name);
  step.task = signature(task);
  step.returns = step.task.returns;
  step.options.batch = 1;
  return step;
}

PlanArgument argument(const Signature& task, std::size_t index, Feed feed, Source source) {
  return PlanArgument{task.args[index].name, task.args[index].type, feed, std::move(source)};
}

constexpr const char* make_list = "make_list() -> list[int]";
constexpr const char* work = "work(value: int) -> int";
constexpr const char* reduce = "reduce(values: list[int?]) -> int";
constexpr const char* add = "add(left: int, right: int) -> int";

}  // namespace

std::vector<std::string> task_texts() { return {make_list, work, reduce, add}; }
std::vector<std::string> other_task_texts() {
  return {make_list, "work(value: int) -> str", "reduce(values: list[str?]) -> int", add};
}

PlanStep listing_step(std::string name) { return step_of(std::move(name), make_list); }

PlanStep map_of_constants(std::uint64_t count, std::string name) {
  PlanStep step = step_of(std::move(name), work);
  Columns values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(encoded(i));
  step.map = true;
  step.arguments = {argument(step.task, 0, Feed::Each, Source{Constant{array_of_columns(values)}})};
  return step;
}

PlanStep map_over(std::uint32_t read, Part part, std::string name) {
  PlanStep step = step_of(std::move(name), work);
  step.map = true;
  step.arguments = {argument(step.task, 0, Feed::Each, Source{StepResult{read, part}})};
  step.reads = {read};
  return step;
}

PlanStep zip_over(std::uint32_t left, std::uint32_t right, std::string name) {
  PlanStep step = step_of(std::move(name), add);
  step.map = true;
  step.arguments = {argument(step.task, 0, Feed::Each, Source{StepResult{left, Part::All}}),
                    argument(step.task, 1, Feed::Each, Source{StepResult{right, Part::All}})};
  step.reads = {std::min(left, right), std::max(left, right)};
  return step;
}

PlanStep reduce_of(std::uint32_t read, Part part, std::string name) {
  PlanStep step = step_of(std::move(name), reduce);
  step.arguments = {argument(step.task, 0, Feed::Whole, Source{StepResult{read, part}})};
  step.reads = {read};
  return step;
}

std::shared_ptr<const Plan> plan_of(std::vector<PlanStep> steps) {
  Plan plan;
  plan.name = "flow";
  plan.results = "/results";
  plan.steps = std::move(steps);
  return std::make_shared<const Plan>(std::move(plan));
}

std::shared_ptr<const scheduler::RunSpec> spec_of(const std::string& text) {
  scheduler::RunSpec spec;
  spec.file = "flow.yaml";
  spec.text = text;
  spec.submitted_by = "tester@host";
  return std::make_shared<const scheduler::RunSpec>(std::move(spec));
}

}  // namespace drover::testing
