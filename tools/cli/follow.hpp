#pragma once

#include <string>

#include "common/net/client.hpp"
#include "tools/cli/target.hpp"

namespace drover::tools {

/// How a run is followed.
struct FollowOptions {
  bool quiet = false;  ///< Only wait, show nothing on the way.
  bool json = false;   ///< At the end its RunStatus as JSON, nothing on the way.
};

/// Shows a run until it ends and then what came of it; returns its exit status. Ctrl-C detaches:
/// the run goes on; a second one within two seconds cancels it. `run` is as a user types it.
int follow(const Target& target, net::Client& client, const std::string& run,
           const FollowOptions& options);

}  // namespace drover::tools
