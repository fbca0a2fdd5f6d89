#include "common/causes.hpp"

#include <array>
#include <utility>

namespace drover {
namespace {

constexpr std::array<std::pair<Cause, std::string_view>, 6> names{{
    {Cause::UserError, "user_error"},
    {Cause::Crash, "crash"},
    {Cause::OutOfMemory, "out_of_memory"},
    {Cause::Timeout, "timeout"},
    {Cause::AgentLost, "agent_lost"},
    {Cause::Input, "input"},
}};

}  // namespace

std::string_view name_of(Cause cause) {
  for (const auto& [value, name] : names) {
    if (value == cause) return name;
  }
  return "unknown";
}

std::optional<Cause> cause_named(std::string_view name) {
  for (const auto& [value, text] : names) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace drover
