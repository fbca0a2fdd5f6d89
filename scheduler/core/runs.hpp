#pragma once

#include <string>

#include "scheduler/core/turn.hpp"

/// The life of runs and their steps: submit, open, end, cancel.
namespace drover::scheduler {

void on_submitted(Turn& turn, const Submitted& event);
void on_cancel(Turn& turn, const CancelRequested& event);
/// The step opens, with what was found.
void on_reuse_found(Turn& turn, const ReuseFound& event);

/// After items of a step ended: ends the step where none is open, opens what it was waited for by,
/// ends the run where nothing is left.
void settle(Turn& turn, const StepRef& ref);

/// Ends a running step: what of it is open is cancelled. Requires: it is one of an active run.
void fail_step(Turn& turn, const StepRef& ref, std::string reason);

/// Settles every step of every run: after a start, an end may be missing that its items already
/// have.
void settle_all(Turn& turn);

/// The end of a run, or of a step, is durable: revokes the leases that it made void, and forgets
/// the run if its own end is.
void finish_run(Turn& turn, const RunId& id);

}  // namespace drover::scheduler
