#include "tools/cli/target.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/daemon/state_folder.hpp"
#include "tools/cli/processes.hpp"

namespace drover::tools {
namespace {

/// After so long a command says what it waits for.
constexpr std::chrono::milliseconds without_a_word{900};
/// Where the process that wrote the address is gone.
constexpr std::chrono::milliseconds of_old_facts{150};

const char* address_variable() { return std::getenv("DROVER_ADDRESS"); }

/// Does DROVER_ADDRESS say where the scheduler is?
bool variable_counts(const Target& target) {
  return target.state.empty() && address_variable() != nullptr && *address_variable() != '\0';
}

Error nothing_runs(const Target& target) {
  return Error{
      ErrorCode::Unavailable,
      fmt::format("no scheduler runs in {}\n  start it:      drover up\n  or name one:   --address "
                  "tcp://HOST:PORT",
                  target.folder().string())};
}

}  // namespace

Error silence_of(const Target& target, const Error& error) {
  if (error.code != ErrorCode::Unavailable || !target.address.empty() || variable_counts(target))
    return error;
  const auto pid = running_daemon(target.folder(), "scheduler.json", "droverd");
  if (!pid) return error;
  return Error{ErrorCode::Unavailable,
               fmt::format("the scheduler in {} runs as process {} and does not answer\n"
                           "  what it says:      {}\n"
                           "  to start it anew:  kill -9 {}; drover up",
                           target.folder().string(), *pid,
                           (target.folder() / "droverd.log").string(), *pid)};
}

std::filesystem::path Target::folder() const {
  return state.empty() ? daemon::default_state_folder() : std::filesystem::absolute(state);
}

Result<std::string> address_of(const Target& target) {
  if (!target.address.empty()) return target.address;
  if (variable_counts(target)) return std::string(address_variable());
  const auto facts = daemon::read_facts(target.folder(), "scheduler.json");
  if (facts) {
    const auto json = nlohmann::json::parse(*facts, nullptr, false);
    if (json.is_object() && json.contains("address") && json["address"].is_string()) {
      return json["address"].get<std::string>();
    }
  }
  return tl::unexpected(nothing_runs(target));
}

Result<std::unique_ptr<net::Client>> connect(const Target& target) {
  const auto address = address_of(target);
  if (!address) return tl::unexpected(address.error());
  auto client = net::Client::connect(*address);
  if (!client) return client;
  const bool named = !target.address.empty() || variable_counts(target);
  const bool lives =
      !named && running_daemon(target.folder(), "scheduler.json", "droverd").has_value();
  // A scheduler in a container is none of our processes: what the folder says is tried, shortly.
  auto heard =
      (*client)->ask<wire::Pong>(wire::Ping{}, named || lives ? without_a_word : of_old_facts);
  const bool silent = !heard && heard.error().code == ErrorCode::Unavailable;
  if (silent && !lives && !(*client)->reached()) {
    return tl::unexpected(named ? heard.error() : nothing_runs(target));
  }
  if (silent) {
    fmt::print(stderr, "waiting for the scheduler at {} ...\n", *address);
    heard = (*client)->ask<wire::Pong>(wire::Ping{}, patience);
  }
  if (!heard) return tl::unexpected(silence_of(target, heard.error()));
  return client;
}

}  // namespace drover::tools
