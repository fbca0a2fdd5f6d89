#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <caf/all.hpp>
#include <csignal>
#include <nlohmann/json.hpp>
#include <random>

#include "common/clock.hpp"
#include "common/daemon/signals.hpp"
#include "common/daemon/state_folder.hpp"
#include "common/daemon/version.hpp"
#include "common/http/server.hpp"
#include "common/net/gateway.hpp"
#include "scheduler/config.hpp"
#include "scheduler/query/stored_plan.hpp"
#include "scheduler/shell/boxes.hpp"
#include "scheduler/shell/frames.hpp"
#include "scheduler/shell/scheduler_actor.hpp"

namespace drover::scheduler {
namespace {

constexpr int exit_usage = 64;        // EX_USAGE of sysexits.h, as the ones below.
constexpr int exit_damaged = 65;      // EX_DATAERR
constexpr int exit_unavailable = 69;  // EX_UNAVAILABLE

int exit_code_of(const Error& error) {
  return error.code == ErrorCode::Invalid ? exit_damaged : exit_unavailable;
}

/// Plans of the runs that had not ended; one that cannot be made again is said and left alone.
std::map<RunId, std::shared_ptr<const Plan>> plans_of(const Stored& stored) {
  std::map<RunId, std::shared_ptr<const Plan>> plans;
  for (const auto& run : stored.runs) {
    auto plan = plan_of(*run.spec);
    if (plan) {
      plans.emplace(run.run, std::move(*plan));
    } else {
      spdlog::error("run {} cannot go on: its workflow is not understood any more: {}",
                    to_string(run.run), plan.error().context);
    }
  }
  return plans;
}

/// Where the scheduler listened in its last life, so that agents and clients find it again; empty
/// where that is not known.
std::string last_address(const Config& config) {
  const auto facts = daemon::read_facts(config.state, "scheduler.json");
  if (!facts) return "";
  const auto json = nlohmann::json::parse(*facts, nullptr, false);
  return json.is_object() ? json.value("address", "") : "";
}

/// A free port is the one of the last life if it is free, else any.
Result<std::unique_ptr<net::Gateway>> open_gateway(const Config& config,
                                                   const net::GatewayHandlers& handlers) {
  const bool any_port = config.listen.ends_with(":*");
  const std::string last = any_port ? last_address(config) : "";
  if (!last.empty()) {
    if (auto gateway = net::Gateway::open(last, handlers)) return gateway;
    spdlog::warn(
        "{} is taken by another program now: agents of the last life have to be started again",
        last);
  }
  return net::Gateway::open(config.listen, handlers);
}

int serve(const Config& config) {
  daemon::block_stop_signals();  // Before any thread is started, so that none of them takes one.
  auto store = Store::open(config.state);
  if (!store) {
    spdlog::critical("{}", store.error().context);
    return exit_code_of(store.error());
  }
  auto stored = store->load(wall_now().milliseconds);
  if (!stored) {
    spdlog::critical("{}", stored.error().context);
    return exit_code_of(stored.error());
  }
  const Epoch epoch = stored->epoch;
  State state = recover(*stored, plans_of(*stored), monotonic_now(), std::random_device{}());

  const auto meter = std::make_shared<Meter>();
  auto http = http::Server::open(
      config.http, {{"/metrics",
                     [meter] {
                       return http::Page{200, "text/plain; version=0.0.4", meter->text()};
                     }},
                    {"/healthz", [] {
                       return http::Page{200, "text/plain; charset=utf-8", "ok\n"};
                     }}});
  if (!http) {
    spdlog::critical("{}", http.error().context);
    return exit_unavailable;
  }

  FrameDoor door;
  net::GatewayHandlers handlers;
  handlers.on_frame = [&door](const net::Peer& peer, std::string_view frame) {
    door.take(peer, frame);
  };
  handlers.on_room = [&door](const net::Peer& peer) { door.room(peer); };
  handlers.on_undelivered = [&door](const net::Peer& peer, const Error&) { door.gone(peer); };
  auto gateway = open_gateway(config, handlers);
  if (!gateway) {
    spdlog::critical("{}", gateway.error().context);
    return exit_unavailable;
  }
  const std::string address = (*gateway)->address();
  caf::actor_system_config caf_config;
  caf_config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(caf_config);
  const caf::actor scheduler = spawn_scheduler(
      system,
      SchedulerParts{std::move(state), std::move(*store), gateway->get(), meter, version()});
  door.open(scheduler, gateway->get());

  nlohmann::json facts{
      {"address", address}, {"http", (*http)->address()}, {"pid", ::getpid()}, {"epoch", epoch}};
  if (auto written = daemon::write_facts(config.state, "scheduler.json", facts.dump(2)); !written) {
    spdlog::critical("{}", written.error().context);
    return exit_unavailable;
  }
  spdlog::info("scheduler {} listens on {}, state in {}", version(), address,
               config.state.string());
  daemon::wait_for_stop_signal();
  spdlog::info("stopping");
  door.close();
  caf::anon_send_exit(scheduler, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  return 0;
}

}  // namespace
}  // namespace drover::scheduler

int main(int argc, char** argv) {
  drover::scheduler::Config config;
  CLI::App app{
      "droverd: holds workflows, hands out items to agents, keeps results.\n"
      "Example: droverd --state ~/.local/state/drover"};
  std::string state;
  app.add_option("--state", state, "Folder of the database")
      ->default_str("the user's state folder");
  app.add_option("--listen", config.listen, "Address for agents and clients; * takes a free port")
      ->capture_default_str();
  app.add_option("--http", config.http,
                 "Address for /metrics and /healthz; port 0 takes a free one")
      ->capture_default_str();
  app.add_flag("--verbose", config.verbose, "Log more");
  app.set_version_flag("--version", drover::version());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : drover::scheduler::exit_usage;
  }
  if (config.verbose) spdlog::set_level(spdlog::level::debug);
  config.state =
      state.empty() ? drover::daemon::default_state_folder() : std::filesystem::path(state);
  return drover::scheduler::serve(config);
}
