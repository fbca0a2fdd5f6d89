#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <memory>
#include <string>

#include "scheduler/query/stored_plan.hpp"

namespace drover::scheduler {

/// Spawns the actor that writes `failed.jsonl` into the results folders of runs that ended with
/// failed items: of those that `store` knows to be without one, now and whenever it is sent
/// look_atom. On a thread of its own, as a folder may be slow or gone.
///
/// What cannot be written is said in the log, and tried again at the next start.
/// `words` follow the names of commands in it.
caf::actor spawn_failed_lists(caf::actor_system& system, caf::actor store,
                              std::shared_ptr<StoredPlans> plans, std::string words);

}  // namespace drover::scheduler
