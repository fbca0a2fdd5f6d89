#pragma once

#include <cstddef>

#include "agent/worker/messages.hpp"
#include "agent/worker/task_set.hpp"

namespace drover::worker {

// What a catalogue has room for, in one message.
inline constexpr std::size_t max_tasks_bytes = std::size_t{160} << 10U;
inline constexpr std::size_t max_programs_bytes = std::size_t{15} << 10U;
inline constexpr std::size_t max_notes_bytes = std::size_t{15} << 10U;
static_assert(max_tasks_bytes + max_programs_bytes + max_notes_bytes < max_message_bytes);

/// What a worker says of its tasks. Where they do not all fit, those of the largest files are left
/// out, each file with a note, and no others.
Catalogue catalogue_of(const TaskSet& set);

}  // namespace drover::worker
