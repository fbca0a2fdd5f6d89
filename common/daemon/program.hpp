#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/daemon/exit_statuses.hpp"
#include "common/http/server.hpp"
#include "common/result.hpp"

namespace CLI {
class App;
}

/// How a daemon starts: its arguments, its pages, and what it says where it cannot.
namespace drover::daemon {

/// What every daemon is started with.
struct CommonOptions {
  std::filesystem::path state;  ///< A folder of its own.
  std::string http =
      "127.0.0.1:0";  ///< For metrics; port 0: that of the last life, else a free one.
  bool verbose = false;
};

/// Adds --state, --http, --verbose and --version. `state_help` says what the folder holds.
void add_common_options(CLI::App& app, CommonOptions& options, const std::string& state_help);

/// Reads the arguments; the exit status where the program ends now: after --help, --version or a
/// wrong argument, which is said on standard error.
std::optional<int> read_arguments(CLI::App& app, CommonOptions& options, int argc, char** argv);

/// What the daemon wrote about itself in its last life under this key; empty where that is not
/// known. Whoever listens takes the same port again, so that others find it.
std::string last_fact(const CommonOptions& options, std::string_view facts, const char* key);

/// Serves `/metrics` and `/healthz`; where a free port is asked for, on `last` if that is free.
/// `metrics` is called on the server's thread. Errors: those of http::Server::open().
Result<std::unique_ptr<http::Server>> serve_pages(const CommonOptions& options,
                                                  const std::string& last,
                                                  std::function<std::string()> metrics);

/// Says why the program cannot start; returns the exit status: exit_busy for Busy, else
/// exit_unavailable.
int refuse(const Error& error);

}  // namespace drover::daemon
