#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "common/net/client.hpp"
#include "common/result.hpp"

namespace drover::tools {

/// Where a command finds its scheduler.
struct Target {
  std::string address;          ///< `--address`; empty: look into the state folder.
  std::filesystem::path state;  ///< `--state`; empty: daemon::default_state_folder().

  std::filesystem::path folder() const;
};

/// The scheduler's address: --address, else DROVER_ADDRESS (unless --state is given), else what
/// `drover up` wrote into the state folder. Errors: Unavailable, saying how to start one.
Result<std::string> address_of(const Target& target);

/// Connects and makes sure that somebody is there; after a second it says on standard error what it
/// waits for. Errors: those of address_of and of net::Client::connect; Unavailable where nobody
/// answers: at once where what wrote the address has ended, after a second where nobody listens
/// there.
Result<std::unique_ptr<net::Client>> connect(const Target& target);

/// The error of a scheduler that did not answer; where its process is there, names that and the way
/// out.
Error silence_of(const Target& target, const Error& error);

/// How long a command waits for an answer before it says that the scheduler cannot be reached.
inline constexpr std::chrono::milliseconds patience{5'000};

}  // namespace drover::tools
