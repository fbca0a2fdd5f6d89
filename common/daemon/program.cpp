#include "common/daemon/program.hpp"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "common/daemon/state_folder.hpp"
#include "common/daemon/version.hpp"

namespace drover::daemon {

void add_common_options(CLI::App& app, CommonOptions& options, const std::string& state_help) {
  app.add_option("--state", options.state, state_help)->default_str("the user's state folder");
  app.add_option(
         "--http", options.http,
         "Address for /metrics and /healthz; port 0 takes that of last time, else a free one")
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "Log more");
  app.set_version_flag("--version", version());
}

std::optional<int> read_arguments(CLI::App& app, CommonOptions& options, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  if (options.verbose) spdlog::set_level(spdlog::level::debug);
  return std::nullopt;
}

std::string last_fact(const CommonOptions& options, std::string_view facts, const char* key) {
  const auto text = read_facts(options.state, facts);
  if (!text) return "";
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  const auto fact = json.is_object() ? json.find(key) : json.end();
  return fact != json.end() && fact->is_string() ? fact->get<std::string>() : "";
}

Result<std::unique_ptr<http::Server>> serve_pages(const CommonOptions& options,
                                                  const std::string& last,
                                                  std::function<std::string()> metrics) {
  const auto metrics_page = [metrics = std::move(metrics)] {
    return http::Page{200, "text/plain; version=0.0.4", metrics()};
  };
  const auto health_page = [] { return http::Page{200, "text/plain; charset=utf-8", "ok\n"}; };
  const std::map<std::string, http::MakePage> pages{{"/metrics", metrics_page},
                                                    {"/healthz", health_page}};
  if (!last.empty() && options.http.ends_with(":0")) {
    if (auto server = http::Server::open(last, pages)) return server;
  }
  return http::Server::open(options.http, pages);
}

int refuse(const Error& error) {
  spdlog::critical("{}", error.context);
  return error.code == ErrorCode::Busy ? exit_busy : exit_unavailable;
}

}  // namespace drover::daemon
