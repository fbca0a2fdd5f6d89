#pragma once

#include "agent/worker/command/command_spec.hpp"
#include "drover/abi.hpp"

namespace drover::worker {

/// A program as a task, beside those of libraries: an object of its arguments goes in as JSON on
/// one line, its result comes out as JSON; `{"error": "…"}`, or an exit status that is not 0, fails
/// the item. A persistent program is started when it is first needed, and again after it ended.
sdk::TaskDescription describe(CommandSpec spec);

}  // namespace drover::worker
