#pragma once

#include <unistd.h>

#include <utility>
#include <variant>

#include "agent/worker/channel.hpp"
#include "agent/worker/messages.hpp"
#include "common/check.hpp"

namespace drover::worker {

/// Waits for the agent's answer. Only Stop may come in its place, and ends the process.
template <class Answer>
Answer wait_for(Channel& channel) {
  auto message = read_from_agent(channel.receive());
  CHECK(message, "from the agent: {}", message.error().context);
  if (std::holds_alternative<Stop>(*message)) _exit(0);
  auto* answer = std::get_if<Answer>(&*message);
  CHECK(answer != nullptr, "message {} where {} was due", message->index(), Answer::number);
  return std::move(*answer);
}

}  // namespace drover::worker
