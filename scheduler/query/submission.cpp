#include "scheduler/query/submission.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/spelling.hpp"
#include "common/types/signature.hpp"
#include "common/workflow/check.hpp"
#include "common/workflow/parse.hpp"
#include "scheduler/core/explain_text.hpp"
#include "scheduler/core/missing_task.hpp"
#include "scheduler/query/stored_plan.hpp"

namespace drover::scheduler {
namespace {

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t i = 1; i < number; ++i) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_first_of("\r\n"));
}

wire::Problem problem_of(const Diagnostic& diagnostic, std::string_view text) {
  wire::Problem problem;
  problem.text = diagnostic.message;
  problem.hint = diagnostic.hint;
  if (diagnostic.line == 0) {
    problem.subject = diagnostic.file;
    return problem;
  }
  problem.file = diagnostic.file;
  problem.line = diagnostic.line;
  problem.column = diagnostic.column;
  problem.length = diagnostic.length;
  problem.excerpt = line_of(text, diagnostic.line);
  // "step 'detections': 'image' takes one uri" names its subject first.
  const auto end = problem.text.find("': ");
  if (problem.text.starts_with("step '") && end != std::string::npos) {
    problem.subject = problem.text.substr(0, end + 1);
    problem.text.erase(0, end + 3);
  }
  return problem;
}

wire::Rejected rejected(const std::vector<Diagnostic>& diagnostics, const std::string& text) {
  wire::Rejected answer;
  answer.text = render(diagnostics, text);
  for (const auto& diagnostic : diagnostics)
    answer.problems.push_back(problem_of(diagnostic, text));
  return answer;
}

std::vector<std::string> tasks_of(const Plan& plan) {
  std::set<std::string> texts;
  for (const auto& step : plan.steps) texts.insert(to_string(step.task));
  return {texts.begin(), texts.end()};
}

/// The spec must make the same plan again. Mostly the tasks that the steps use are enough; an input
/// may have a struct that another task declares.
void keep_tasks(RunSpec& spec, const Plan& plan, const Catalogue& catalogue) {
  spec.tasks = tasks_of(plan);
  const auto again = plan_of(spec);
  if (again && **again == plan) return;
  spec.tasks.clear();
  for (const auto& [name, signature] : catalogue) spec.tasks.push_back(to_string(signature));
}

}  // namespace

Result<void> check_run_id(const RunId& run) {
  if (run != RunId{}) return {};
  return fail(ErrorCode::Invalid,
              "the run's id is all zeros: a client makes one of 16 random bytes for each run");
}

std::variant<Prepared, wire::Rejected> prepare_submit(const wire::Submit& request,
                                                      const State& state) {
  const std::string& folder = request.working_directory;
  if (!folder.starts_with('/')) {
    return rejected(
        {{"working directory", 0, 0, 0,
          fmt::format("'{}' is not an absolute path; relative uris start there", folder), ""}},
        request.text);
  }
  auto checked = check(parse_workflow(request.text, request.file), state.catalogue, request.inputs,
                       folder, [&](const std::string& task) {
                         return fmt::format("{}", fmt::join(why_missing(state, task), "; "));
                       });
  if (const auto* problems = std::get_if<std::vector<Diagnostic>>(&checked)) {
    return rejected(*problems, request.text);
  }
  auto plan = std::make_shared<Plan>(std::get<Plan>(std::move(checked)));
  RunSpec spec{request.file, request.text, request.inputs, folder, {}, request.submitted_by};
  if (request.allow_failed) {
    if (const auto fits = override_allow_failed(*plan, *request.allow_failed); !fits)
      return rejected({{allow_failed_override, 0, 0, 0, fits.error().context, ""}}, request.text);
    spec.inputs[allow_failed_override] = *request.allow_failed;
  }
  keep_tasks(spec, *plan, state.catalogue);
  return Prepared{std::make_shared<const RunSpec>(std::move(spec)), std::move(plan)};
}

std::vector<std::string> warnings_of(const std::shared_ptr<const Plan>& plan, const State& state,
                                     Instant now) {
  struct Named {
    std::vector<std::string> steps;
    std::string hint;
  };
  std::map<std::string, Named> by_reason;
  for (std::uint32_t i = 0; i < plan->steps.size(); ++i) {
    const auto reasons = why_nowhere(state, plan, i, now);
    if (reasons.empty()) continue;
    Named& named = by_reason[text_of(reasons, Wording{})];
    named.steps.push_back(fmt::format("'{}'", plan->steps[i].name));
    named.hint = hint_of(reasons.front());
  }
  std::vector<std::string> warnings;
  warnings.reserve(by_reason.size());
  for (const auto& [reason, named] : by_reason) {
    warnings.push_back(
        fmt::format("no slot can run {} {} now: {}. The run waits until one can.{}{}",
                    named.steps.size() == 1 ? "step" : "steps", listed(named.steps), reason,
                    named.hint.empty() ? "" : "\n  ", named.hint));
  }
  return warnings;
}

}  // namespace drover::scheduler
