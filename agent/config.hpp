#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace drover::agent {

/// What drover-agent is started with. Every default is right for one machine.
struct Config {
  std::string scheduler;               ///< `tcp://HOST:PORT`
  std::filesystem::path state;         ///< Folder of its identity and its logs.
  std::optional<std::uint32_t> slots;  ///< Else one per processor.
  std::vector<std::filesystem::path>
      tasks;                         ///< Folders of task libraries, beside the built-in one.
  std::string name;                  ///< Else the host's.
  std::string http = "127.0.0.1:0";  ///< For metrics; port 0 takes a free one.
  bool verbose = false;
};

}  // namespace drover::agent
