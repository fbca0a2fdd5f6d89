#pragma once

#include "scheduler/core/turn.hpp"

/// What agents say of their leases. A lease that is not current changes nothing (the fence).
namespace drover::scheduler {

void on_results(Turn& turn, const ResultsReceived& event);
void on_chunk(Turn& turn, const ChunkReceived& event);
void on_call_failed(Turn& turn, const CallFailedReceived& event);
void on_released(Turn& turn, const ReleasedReceived& event);
void on_grant_shortened(Turn& turn, const GrantShortened& event);
void on_grant_refused(Turn& turn, const GrantRefused& event);

}  // namespace drover::scheduler
