#pragma once

#include <string>
#include <string_view>

#include "common/workflow/spec.hpp"

namespace drover {

inline constexpr std::size_t max_workflow_bytes = 1U << 20U;
inline constexpr std::size_t max_steps = 1024;
inline constexpr std::size_t max_inputs = 1024;

/// Reads a workflow (docs/workflows.md has the notation). Never fails: what is wrong stands in
/// `problems`, and whatever could be understood is there. `file` is what messages call it.
WorkflowSpec parse_workflow(std::string_view text, std::string file);

}  // namespace drover
