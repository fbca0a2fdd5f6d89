#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/daemon/program.hpp"

namespace drover::agent {

/// What drover-agent is started with. Every default is right for one machine.
struct Config {
  daemon::CommonOptions common;              ///< The state folder has its identity and its logs.
  std::string scheduler;                     ///< `tcp://HOST:PORT`
  std::uint32_t slots = 0;                   ///< 0: one per processor.
  std::uint64_t memory_bytes = 0;            ///< For all slots; 0: what this process may use.
  std::vector<std::filesystem::path> tasks;  ///< Of libraries, beside the built-in ones.
  std::string name;                          ///< Else the host's.
};

}  // namespace drover::agent
