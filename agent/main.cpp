#include <CLI/CLI.hpp>

#include "agent/shell/resources.hpp"
#include "agent/shell/serve.hpp"
#include "common/daemon/state_folder.hpp"

int main(int argc, char** argv) {
  namespace daemon = drover::daemon;
  drover::agent::Config config;
  CLI::App app{
      "drover-agent: offers this machine's slots to a scheduler and runs what it grants.\n"
      "Example: drover-agent --scheduler tcp://127.0.0.1:7777 --slots 2"};
  app.add_option("--scheduler", config.scheduler, "Address of the scheduler, tcp://HOST:PORT")
      ->required()
      ->envname("DROVER_ADDRESS");
  daemon::add_common_options(app, config.common,
                             "Folder of the agent's identity and logs; one agent per folder");
  app.add_option("--slots", config.slots, "Items that run at once")
      ->default_str("one per processor");
  app.add_option("--memory", config.memory_bytes, "Of this machine, for all slots: 8GiB")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("all");
  app.add_option("--tasks", config.tasks,
                 "Folder of task libraries and descriptions; may be given again");
  app.add_option("--name", config.name, "Name of this agent for people")
      ->default_str("the host's name");
  if (const auto status = daemon::read_arguments(app, config.common, argc, argv)) return *status;
  if (config.common.state.empty()) config.common.state = daemon::default_state_folder() / "agent";
  if (config.name.empty()) config.name = drover::agent::host_name();
  if (config.slots == 0) config.slots = drover::agent::usable_processors();
  if (config.memory_bytes == 0) config.memory_bytes = drover::agent::usable_memory().count;
  return drover::agent::serve(config);
}
