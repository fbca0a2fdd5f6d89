#pragma once

#include <vector>

#include "common/types/literal.hpp"
#include "common/workflow/plan.hpp"

namespace drover {

/// Puts the option `key: value` of a step into `options`, and gives what is wrong with it: an
/// unknown key, a value or unit that makes no sense, and where it stands.
std::vector<Misfit> read_option(StepOptions& options, const Literal& key, const Literal& value);

/// Retries per cause beyond this are refused.
inline constexpr std::uint32_t max_retries = 20;

}  // namespace drover
