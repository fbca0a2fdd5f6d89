#include <CLI/CLI.hpp>

#include "common/daemon/state_folder.hpp"
#include "scheduler/shell/serve.hpp"

int main(int argc, char** argv) {
  namespace daemon = drover::daemon;
  drover::scheduler::Config config;
  CLI::App app{
      "droverd: holds workflows, hands out items to agents, keeps results.\n"
      "Example: droverd --state ~/.local/state/drover"};
  daemon::add_common_options(app, config.common, "Folder of the database");
  app.add_option("--listen", config.listen, "Address for agents and clients; * takes a free port")
      ->capture_default_str();
  if (const auto status = daemon::read_arguments(app, config.common, argc, argv)) return *status;
  if (config.common.state.empty()) config.common.state = daemon::default_state_folder();
  return drover::scheduler::serve(config);
}
