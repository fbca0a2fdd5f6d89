#include "scheduler/shell/serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <caf/all.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "common/clock.hpp"
#include "common/daemon/signals.hpp"
#include "common/daemon/state_folder.hpp"
#include "common/daemon/version.hpp"
#include "common/net/gateway.hpp"
#include "common/spelling.hpp"
#include "scheduler/query/stored_plan.hpp"
#include "scheduler/shell/frames.hpp"
#include "scheduler/shell/scheduler_actor.hpp"

namespace drover::scheduler {
namespace {

/// A database that is damaged is told from one that cannot be had now.
int refuse_store(const Error& error) {
  const int status = daemon::refuse(error);
  return error.code == ErrorCode::Invalid ? daemon::exit_damaged : status;
}

/// Plans of the runs that had not ended; one that cannot be made again is said and left alone.
constexpr const char* facts_file = "scheduler.json";

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

/// A free port is the one of the last life if it is free, else any.
Result<std::unique_ptr<net::Gateway>> open_gateway(const Config& config,
                                                   const net::GatewayHandlers& handlers) {
  const bool any_port = config.listen.ends_with(":*");
  const std::string last = any_port ? daemon::last_fact(config.common, facts_file, "address") : "";
  if (!last.empty()) {
    if (auto gateway = net::Gateway::open(last, handlers)) return gateway;
    spdlog::warn(
        "{} is taken by another program now: agents of the last life have to be started again",
        last);
  }
  return net::Gateway::open(config.listen, handlers);
}

net::GatewayHandlers handlers_of(FrameDoor& door) {
  net::GatewayHandlers handlers;
  handlers.on_frame = [&door](const net::Peer& peer, std::string_view frame) {
    door.take(peer, frame);
  };
  handlers.on_room = [&door](const net::Peer& peer) { door.room(peer); };
  handlers.on_undelivered = [&door](const net::Peer& peer, const Error&) { door.gone(peer); };
  return handlers;
}

constexpr auto look_for_room_every = std::chrono::milliseconds(500);

/// What `attempt` comes to. A full disk is waited out, as it is later, until there is room or the
/// program is to stop.
template <class Attempt>
auto once_there_is_room(Attempt attempt) {
  bool told = false;
  while (true) {
    auto outcome = attempt();
    if (outcome || outcome.error().code != ErrorCode::Full) return outcome;
    if (!told) spdlog::error("waiting for room on the disk: {}", outcome.error().context);
    told = true;
    if (daemon::stop_signal_within(look_for_room_every)) return outcome;
  }
}

/// Commands on this machine find the user's own folder without a word.
std::string command_words(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::equivalent(folder, daemon::default_state_folder(), ignored)) return "";
  return " --state " + shell_word(std::filesystem::absolute(folder, ignored).string());
}

}  // namespace

int serve(const Config& config) {
  daemon::block_stop_signals();  // Before any thread is started, so that none of them takes one.
  const auto& folder = config.common.state;
  auto store = once_there_is_room([&] { return Store::open(folder); });
  if (!store) return refuse_store(store.error());
  auto stored = once_there_is_room([&] { return store->load(wall_now().milliseconds); });
  if (!stored) return refuse_store(stored.error());
  const Epoch epoch = stored->epoch;
  State state = recover(*stored, plans_of(*stored), monotonic_now(), std::random_device{}());

  const auto meter = std::make_shared<Meter>();
  auto http =
      daemon::serve_pages(config.common, daemon::last_fact(config.common, facts_file, "http"),
                          [meter] { return meter->text(); });
  if (!http) return daemon::refuse(http.error());

  FrameDoor door;
  auto gateway = open_gateway(config, handlers_of(door));
  if (!gateway) return daemon::refuse(gateway.error());
  const std::string address = (*gateway)->address();
  caf::actor_system_config caf_config;
  caf_config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(caf_config);
  const caf::actor scheduler =
      spawn_scheduler(system, SchedulerParts{std::move(state), std::move(*store), gateway->get(),
                                             meter, version(), command_words(folder)});
  door.open(scheduler, gateway->get());

  const nlohmann::json facts{
      {"address", address}, {"http", (*http)->address()}, {"pid", ::getpid()}, {"epoch", epoch}};
  const auto announced =
      once_there_is_room([&] { return daemon::write_facts(folder, facts_file, facts.dump(2)); });
  if (announced) {
    spdlog::info("scheduler {} listens on {}, state in {}", version(), address, folder.string());
    daemon::wait_for_stop_signal();
    spdlog::info("stopping");
  }
  door.close();
  caf::anon_send_exit(scheduler, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  return announced ? 0 : daemon::refuse(announced.error());
}

}  // namespace drover::scheduler
