#pragma once

#include <string>

#include "common/types/signature.hpp"
#include "scheduler/core/turn.hpp"

/// A run keeps the types of tasks that it was checked with; a task may be built anew with others.
namespace drover::scheduler {

/// Is the task offered to a new run by agents that are here, and by none with these types? Not
/// where one that offered them is away and may come back: for away_for, and after a restart until
/// all are back.
bool has_only_other_types(const State& state, const Signature& task, Instant now);
/// The same for a step, which slots may have loaded as it was.
bool has_only_other_types(const State& state, const Step& step, const PlanStep& plan, Instant now);

/// What the types were and are: `then look(image: uri) -> int, now look(image: uri) -> str`.
std::string then_and_now(const State& state, const Signature& task);

/// The command that submits the same again: `drover run FILE -i name=value`. What a rerun was given
/// beside its inputs is left out.
std::string run_command(const RunSpec& spec);

/// Fails steps that only a build from before could run: their tasks have had only other types for
/// other_types_for, and nothing of them runs.
void fail_steps_of_other_types(Turn& turn);

}  // namespace drover::scheduler
