#pragma once

#include "agent/core/turn.hpp"

/// Slots and their workers: starting them, handing them leases, and what their deaths mean.
namespace drover::agent {

void on_started(Turn& turn);
void on_worker_ready(Turn& turn, const WorkerReady& event);
void on_lease_ended(Turn& turn, const WorkerLeaseEnded& event);
void on_worker_died(Turn& turn, const WorkerDied& event);
void on_tasks_touched(Turn& turn);
void on_tasks_built(Turn& turn, const TasksBuilt& event);

/// The slot's worker does its work: its deaths until now say nothing about the slot.
void item_completed(Slot& slot);

void on_grant(Turn& turn, const wire::Grant& grant);
void on_revoked(Turn& turn, const std::vector<wire::RevokedItems>& revoked);
void on_release(Turn& turn, const wire::Release& release);

/// Gives back everything that has no result, and ends the workers.
void give_everything_back(Turn& turn);

/// Starts workers of slots whose time off is over; true where one was.
bool switch_on(Turn& turn);

/// The slots that take work now.
std::vector<wire::SlotOffer> offers(const State& state);

/// What an operator should know: what the workers say, and which slots take no work, for how long
/// and why.
std::vector<std::string> notes(const State& state);

}  // namespace drover::agent
