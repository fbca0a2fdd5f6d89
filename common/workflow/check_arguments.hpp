#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/workflow/check_inputs.hpp"
#include "common/workflow/plan.hpp"
#include "common/workflow/reference.hpp"
#include "common/workflow/spec.hpp"

namespace drover::checking {

/// What is known of a step while those that read it are checked.
struct StepInfo {
  std::uint32_t index = 0;  ///< In the plan.
  std::optional<Type>
      returns;  ///< Of one call. Nothing where the step is wrong: nothing is said of its uses.
  bool map = false;
};

/// What `$name` can mean.
struct Scope {
  Inputs inputs;
  std::map<std::string, StepInfo, std::less<>> steps;
  std::string working_directory;
};

/// A step as far as its arguments decide it.
struct CheckedArguments {
  std::vector<PlanArgument> arguments;
  Type returns;
  std::optional<std::uint32_t> key_argument;
};

/// Fits what a step gives to what its task takes. Reports what does not fit; nothing then.
/// Requires: every step that is referred to is in the scope.
std::optional<CheckedArguments> check_arguments(const StepSpec& step, const Signature& task,
                                                Scope& scope, Report& report);

/// Reports references to nothing, where there is no task to check against.
void check_references(const StepSpec& step, Scope& scope, Report& report);

/// All `$name` and `${name}` in a literal; what cannot be read is left out.
void collect_references(const Literal& literal, std::vector<Reference>& found);

}  // namespace drover::checking
