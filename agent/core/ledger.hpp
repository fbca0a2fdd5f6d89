#pragma once

#include "agent/core/turn.hpp"

/// What workers produced and the scheduler has not answered: kept, sent, sent again, forgotten.
namespace drover::agent {

void on_results(Turn& turn, const WorkerResults& event);
void on_chunk(Turn& turn, const WorkerChunk& event);

/// Items of a lease ended without outcomes: `call` as it ran, `rest` not started. Kept until
/// answered.
void keep_call_failed(Turn& turn, const HeldLease& lease, Range call, const IntervalSet& rest,
                      Cause cause, std::string text, float seconds);

void on_answer(Turn& turn, const wire::Answer& answer);

/// Everything without an answer, in order: after a Welcome.
void send_again(Turn& turn);

}  // namespace drover::agent
