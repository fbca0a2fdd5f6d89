#pragma once

#include <string>

#include "common/daemon/program.hpp"

namespace drover::scheduler {

/// What droverd is started with. Every default is right for one machine.
struct Config {
  daemon::CommonOptions common;              ///< The state folder has the database.
  std::string listen = "tcp://127.0.0.1:*";  ///< For agents and clients; `*` takes a free port.
};

}  // namespace drover::scheduler
