#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/wire/client_messages.hpp"

/// What the end of a run and the commands after it share.
namespace drover::tools {

/// How many steps run once per item.
std::size_t map_steps(const wire::RunStatus& run);

/// A failure of a step that runs once: the head of the summary has its reason.
bool is_of_plain_step(const wire::RunStatus& run, const wire::FailureGroup& group);

/// An item of the group by the last part of its key, or its index.
std::string example_of(const wire::FailureGroup& group);

}  // namespace drover::tools
