#include "agent/shell/serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <caf/all.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "agent/shell/agent_actor.hpp"
#include "agent/shell/boxes.hpp"
#include "agent/shell/identity.hpp"
#include "agent/shell/resources.hpp"
#include "common/daemon/signals.hpp"
#include "common/daemon/state_folder.hpp"
#include "common/daemon/version.hpp"

namespace drover::agent {
namespace {

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
    host.task_folders.push_back(daemon::absolute_folder(folder));
  host.spool_folder = config.common.state / "spool";
  host.slot_memory = Bytes{config.memory_bytes / config.slots};
  return host;
}

constexpr const char* facts_file = "agent.json";

}  // namespace

int serve(const Config& config) {
  daemon::block_stop_signals();  // Before any thread is started, so that none of them takes one.
  if (auto made = daemon::make_state_folder(config.common.state); !made)
    return daemon::refuse(made.error());
  const auto identity = take_identity(config.common.state);
  if (!identity) return daemon::refuse(identity.error());
  const auto meter = std::make_shared<Meter>();
  auto http =
      daemon::serve_pages(config.common, daemon::last_fact(config.common, facts_file, "http"),
                          [meter] { return meter->text(); });
  if (!http) return daemon::refuse(http.error());

  AgentParts parts;
  parts.state = make_state(identity->id, identity->incarnation, config.name,
                           equal_slots(config.slots, Bytes{config.memory_bytes}));
  parts.state.build = version();
  parts.scheduler = config.scheduler;
  parts.host = host_config(config);
  const std::vector<std::string> task_folders = parts.host.task_folders;
  parts.meter = meter;
  std::promise<void> finished;
  parts.on_finished = [&finished] { finished.set_value(); };

  caf::actor_system_config caf_config;
  caf_config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(caf_config);
  const std::size_t slots = parts.state.slots.size();
  const caf::actor agent = spawn_agent(system, std::move(parts));
  const nlohmann::json facts{{"agent", to_string(identity->id)},
                             {"incarnation", identity->incarnation},
                             {"http", (*http)->address()},
                             {"pid", ::getpid()},
                             {"slots", slots},
                             {"tasks", task_folders}};
  const auto announced = daemon::write_facts(config.common.state, facts_file, facts.dump(2));
  if (announced) {
    spdlog::info("agent {} offers {} slots to {}", config.name, slots, config.scheduler);
    daemon::wait_for_stop_signal();
    spdlog::info("stopping");
  }
  caf::anon_send(agent, event_box(StopAsked{}));
  finished.get_future().wait_for(goodbye_within);
  caf::anon_send_exit(agent, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  return announced ? 0 : daemon::refuse(announced.error());
}

}  // namespace drover::agent
