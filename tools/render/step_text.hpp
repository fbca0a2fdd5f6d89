#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire/client_messages.hpp"
#include "tools/render/terminal.hpp"

/// A step of a run in words: what run_view.hpp puts together.
namespace drover::tools {

Ink ink_of(const std::string& state);

/// Items that are done, failed, skipped or cancelled.
std::uint64_t ended(const wire::StepStatus& step);

/// Items per second of a step so far; 0 while nothing is done.
double items_per_second(const wire::StepStatus& step);

/// The parts that are not empty.
std::string joined(const std::vector<std::string>& parts, std::string_view between);

/// `~5 s left`; empty where there is no rate.
std::string time_left(const wire::StepStatus& step);

/// `3 failed · 2 retrying`: what is not plain progress.
std::string troubles(const wire::StepStatus& step);

/// Whether the step runs and none of its items does, for a reason that is known.
bool stands(const wire::StepStatus& step);

/// Whether the step returned an empty list; its reason says why.
bool gave_nothing(const wire::StepStatus& step);

/// How far a step is that stands, and why it does: that is worth more than a bar.
std::string standing_text(const wire::StepStatus& step);

/// All that is known of the step; of one that runs as much as has room in so many cells.
std::string step_text(const wire::RunStatus& run, const wire::StepStatus& step, std::size_t cells);

}  // namespace drover::tools
