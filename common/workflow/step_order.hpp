#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/workflow/check_inputs.hpp"
#include "common/workflow/spec.hpp"

namespace drover::checking {

/// The names that a step's arguments refer to, in the order of the file; inputs among them.
std::vector<std::string> steps_read(const StepSpec& step);

/// Indices into `steps` so that each stands after those it reads, and otherwise in the order of the
/// file. Every cycle is reported once, and then broken, so that all steps are there. Requires:
/// distinct names.
std::vector<std::uint32_t> order_steps(const std::vector<const StepSpec*>& steps, Report& report);

}  // namespace drover::checking
