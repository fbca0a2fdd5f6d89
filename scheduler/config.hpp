#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace drover::scheduler {

/// What droverd is started with. Every default is right for one machine.
struct Config {
  std::filesystem::path state;               ///< Folder of the database; the user's by default.
  std::string listen = "tcp://127.0.0.1:*";  ///< For agents and clients; `*` takes a free port.
  std::string http = "127.0.0.1:0";          ///< For metrics; port 0 takes a free one.
  bool verbose = false;
};

}  // namespace drover::scheduler
