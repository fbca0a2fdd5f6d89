#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <caf/all.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "agent/config.hpp"
#include "agent/shell/agent_actor.hpp"
#include "agent/shell/boxes.hpp"
#include "agent/shell/identity.hpp"
#include "agent/shell/resources.hpp"
#include "common/daemon/signals.hpp"
#include "common/daemon/state_folder.hpp"
#include "common/daemon/version.hpp"
#include "common/http/server.hpp"

namespace drover::agent {
namespace {

constexpr int exit_usage = 64;        // EX_USAGE of sysexits.h, as the one below.
constexpr int exit_unavailable = 69;  // EX_UNAVAILABLE
constexpr auto goodbye_within = std::chrono::seconds(5);

/// drover-worker stands beside this program.
std::filesystem::path worker_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return self.parent_path() / "drover-worker";
}

HostConfig host_config(const Config& config) {
  HostConfig host;
  host.worker_program = worker_program();
  for (const auto& folder : config.tasks)
    host.task_folders.push_back(std::filesystem::absolute(folder).string());
  host.spool_folder = config.state / "spool";
  return host;
}

int refuse(const Error& error) {
  spdlog::critical("{}", error.context);
  return exit_unavailable;
}

int serve(const Config& config) {
  daemon::block_stop_signals();  // Before any thread is started, so that none of them takes one.
  if (auto made = daemon::make_state_folder(config.state); !made) return refuse(made.error());
  const auto identity = take_identity(config.state);
  if (!identity) return refuse(identity.error());
  const auto meter = std::make_shared<Meter>();
  auto http = http::Server::open(
      config.http, {{"/metrics",
                     [meter] {
                       return http::Page{200, "text/plain; version=0.0.4", meter->text()};
                     }},
                    {"/healthz", [] {
                       return http::Page{200, "text/plain; charset=utf-8", "ok\n"};
                     }}});
  if (!http) return refuse(http.error());

  AgentParts parts;
  parts.state = make_state(identity->id, identity->incarnation, config.name,
                           slots_of_this_machine(config.slots.value_or(usable_processors())));
  parts.state.build = version();
  parts.scheduler = config.scheduler;
  parts.host = host_config(config);
  parts.meter = meter;
  std::promise<void> finished;
  parts.on_finished = [&finished] { finished.set_value(); };

  caf::actor_system_config caf_config;
  caf_config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(caf_config);
  const std::size_t slots = parts.state.slots.size();
  const caf::actor agent = spawn_agent(system, std::move(parts));
  const nlohmann::json facts{{"http", (*http)->address()}, {"pid", ::getpid()}, {"slots", slots}};
  if (auto written = daemon::write_facts(config.state, "agent.json", facts.dump(2)); !written) {
    return refuse(written.error());
  }
  spdlog::info("agent {} offers {} slots to {}", config.name, slots, config.scheduler);
  daemon::wait_for_stop_signal();
  spdlog::info("stopping");
  caf::anon_send(agent, event_box(StopAsked{}));
  finished.get_future().wait_for(goodbye_within);
  caf::anon_send_exit(agent, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  return 0;
}

}  // namespace
}  // namespace drover::agent

int main(int argc, char** argv) {
  drover::agent::Config config;
  std::uint32_t slots = 0;
  std::string state;
  CLI::App app{
      "drover-agent: offers this machine's slots to a scheduler and runs what it grants.\n"
      "Example: drover-agent --scheduler tcp://127.0.0.1:7777 --slots 2"};
  app.add_option("--scheduler", config.scheduler, "Address of the scheduler, tcp://HOST:PORT")
      ->required()
      ->envname("DROVER_ADDRESS");
  app.add_option("--state", state, "Folder of the agent's identity and logs; one agent per folder")
      ->default_str("the user's state folder");
  app.add_option("--slots", slots, "Items that run at once")->default_str("one per processor");
  app.add_option("--tasks", config.tasks,
                 "Folder of task libraries and descriptions; may be given again");
  app.add_option("--name", config.name, "Name of this agent for people")
      ->default_str("the host's name");
  app.add_option("--http", config.http,
                 "Address for /metrics and /healthz; port 0 takes a free one")
      ->capture_default_str();
  app.add_flag("--verbose", config.verbose, "Log more");
  app.set_version_flag("--version", drover::version());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : drover::agent::exit_usage;
  }
  if (config.verbose) spdlog::set_level(spdlog::level::debug);
  if (slots > 0) config.slots = slots;
  if (config.name.empty()) config.name = drover::agent::host_name();
  config.state = state.empty() ? drover::daemon::default_state_folder() / "agent"
                               : std::filesystem::path(state);
  return drover::agent::serve(config);
}
