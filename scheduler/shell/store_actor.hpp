#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "scheduler/shell/meter.hpp"
#include "scheduler/store/store.hpp"

namespace drover::scheduler {

/// A question to the store that changes nothing. Like a job it waits for the saves before it, but
/// not for a full disk: then `lacks_saves` says that the store is behind.
using Question = std::function<void(Store&, bool lacks_saves)>;
using QuestionBox = std::shared_ptr<const Question>;
inline QuestionBox question_box(Question question) {
  return std::make_shared<const Question>(std::move(question));
}

/// Spawns the actor that owns the store's connection, on a thread of its own.
///
/// Takes SavesBox and commits what has gathered as one group: at once when it is idle, else as soon
/// as the commit before it is through. Reports Committed to `scheduler`. Takes JobBox and does it
/// after all saves that came before are committed, and QuestionBox likewise.
///
/// A full disk keeps the group, says StoreFull, and tries again until there is room. Any other
/// failure of a commit ends the process: memory has moved past the disk, and a restart goes on from
/// what is durable.
caf::actor spawn_store(caf::actor_system& system, Store store, caf::actor scheduler,
                       std::shared_ptr<Meter> meter);

}  // namespace drover::scheduler

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(drover::scheduler::QuestionBox)
