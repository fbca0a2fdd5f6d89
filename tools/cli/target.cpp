#include "tools/cli/target.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/daemon/state_folder.hpp"

namespace drover::tools {
namespace {

/// After so long a command says what it waits for.
constexpr std::chrono::milliseconds without_a_word{900};

}  // namespace

std::filesystem::path Target::folder() const {
  return state.empty() ? daemon::default_state_folder() : std::filesystem::absolute(state);
}

Result<std::string> address_of(const Target& target) {
  if (!target.address.empty()) return target.address;
  const char* variable = std::getenv("DROVER_ADDRESS");
  if (target.state.empty() && variable != nullptr && *variable != '\0')
    return std::string(variable);
  const auto facts = daemon::read_facts(target.folder(), "scheduler.json");
  if (facts) {
    const auto json = nlohmann::json::parse(*facts, nullptr, false);
    if (json.is_object() && json.contains("address") && json["address"].is_string()) {
      return json["address"].get<std::string>();
    }
  }
  return fail(
      ErrorCode::Unavailable,
      fmt::format(
          "no scheduler is known in {}\n  start one here:  drover up\n  or name one:     --address "
          "tcp://HOST:PORT",
          target.folder().string()));
}

Result<std::unique_ptr<net::Client>> connect(const Target& target) {
  const auto address = address_of(target);
  if (!address) return tl::unexpected(address.error());
  auto client = net::Client::connect(*address);
  if (!client) return client;
  auto heard = (*client)->ask<wire::Pong>(wire::Ping{}, without_a_word);
  if (!heard && heard.error().code == ErrorCode::Unavailable) {
    fmt::print(stderr, "waiting for the scheduler at {} ...\n", *address);
    heard = (*client)->ask<wire::Pong>(wire::Ping{}, patience);
  }
  if (!heard) return tl::unexpected(heard.error());
  return client;
}

}  // namespace drover::tools
