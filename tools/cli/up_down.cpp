#include "tools/cli/up_down.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "common/clock.hpp"
#include "common/daemon/exit_statuses.hpp"
#include "common/daemon/state_folder.hpp"
#include "common/spelling.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/folder_tasks.hpp"
#include "tools/cli/last_up.hpp"
#include "tools/cli/print.hpp"
#include "tools/cli/processes.hpp"

namespace drover::tools {
namespace {

constexpr auto start_within = std::chrono::seconds(30);
constexpr auto look_again_after = std::chrono::milliseconds(20);
constexpr int seconds_to_end = 15;
constexpr std::size_t most_named = 8;
constexpr std::string_view last_up_file = "up.json";

std::filesystem::path agent_folder(const Target& target) { return target.folder() / "agent"; }
std::filesystem::path scheduler_log(const Target& target) {
  return target.folder() / "droverd.log";
}
std::filesystem::path agent_log(const Target& target) {
  return target.folder() / "drover-agent.log";
}

/// A daemon's log, from where this start's lines begin.
struct StartLog {
  std::filesystem::path file;
  std::uintmax_t begin = 0;
};

StartLog log_from_here(const std::filesystem::path& file) {
  std::error_code none;
  const auto size = std::filesystem::file_size(file, none);
  return StartLog{file, none ? 0 : size};
}

/// Why a daemon that we started is not there.
Error not_started(const std::string& name, const StartLog& log) {
  return Error{ErrorCode::Unavailable,
               fmt::format("{} did not start; the end of {}:\n{}", name, log.file.string(),
                           last_lines(log.file, 8, log.begin))};
}

/// Waits until a daemon that was started has written its facts; or another one, where that took the
/// folder first: `up` may be said twice at once.
Result<void> wait_for_facts(pid_t pid, const std::filesystem::path& folder,
                            const std::string& facts, const std::string& program,
                            const StartLog& log) {
  const Instant until = monotonic_now() + start_within;
  bool other_has_folder = false;
  while (monotonic_now() < until) {
    if (running_daemon(folder, facts, program)) return {};
    int status = 0;
    if (!other_has_folder && ::waitpid(pid, &status, WNOHANG) == pid) {
      other_has_folder = WIFEXITED(status) && WEXITSTATUS(status) == daemon::exit_busy;
      if (!other_has_folder) break;
    }
    std::this_thread::sleep_for(look_again_after);
  }
  return tl::unexpected(not_started(program, log));
}

Result<void> start_scheduler(const Target& target) {
  if (running_daemon(target.folder(), "scheduler.json", "droverd")) return {};
  const auto log = log_from_here(scheduler_log(target));
  auto pid =
      start_daemon(program_beside("droverd"), {"--state", target.folder().string()}, log.file);
  if (!pid) return tl::unexpected(pid.error());
  return wait_for_facts(*pid, target.folder(), "scheduler.json", "droverd", log);
}

Result<void> start_agent(const Target& target, const UpOptions& asked, const std::string& address) {
  if (running_daemon(agent_folder(target), "agent.json", "drover-agent")) return {};
  if (auto made = daemon::make_state_folder(agent_folder(target)); !made) return made;
  std::vector<std::string> told;
  const auto kept = daemon::read_facts(agent_folder(target), last_up_file);
  const UpOptions options = as_last_time(asked, kept ? *kept : "", told);
  say(told);
  if (auto written = daemon::write_facts(agent_folder(target), last_up_file, kept_text(options));
      !written) {
    return written;
  }
  std::vector<std::string> arguments{"--scheduler", address, "--state",
                                     agent_folder(target).string()};
  if (options.slots) {
    arguments.insert(arguments.end(), {"--slots", std::to_string(*options.slots)});
  }
  for (const auto& folder : options.tasks) {
    arguments.insert(arguments.end(), {"--tasks", daemon::absolute_folder(folder)});
  }
  const auto log = log_from_here(agent_log(target));
  auto pid = start_daemon(program_beside("drover-agent"), arguments, log.file);
  if (!pid) return tl::unexpected(pid.error());
  return wait_for_facts(*pid, agent_folder(target), "agent.json", "drover-agent", log);
}

nlohmann::json agent_facts(const Target& target) {
  const auto facts = daemon::read_facts(agent_folder(target), "agent.json");
  return facts ? nlohmann::json::parse(*facts, nullptr, false) : nlohmann::json();
}

/// Is it the agent of these facts, in its present life? One that was killed counts as connected
/// until its silence is noticed.
bool is_ready(const wire::AgentRow& agent, const nlohmann::json& facts) {
  return agent.state == "connected" && !agent.slots.empty() && facts.is_object() &&
         facts.value("agent", "") == to_string(agent.agent) &&
         facts.value("incarnation", std::uint64_t{0}) == agent.incarnation;
}

/// Waits until the scheduler has the slots of our agent to give, and says what there is.
Result<wire::Agents> wait_for_slots(const std::string& address, const Target& target,
                                    const StartLog& log) {
  auto client = net::Client::connect(address);
  if (!client) return tl::unexpected(client.error());
  const nlohmann::json facts = agent_facts(target);
  const Instant until = monotonic_now() + start_within;
  while (monotonic_now() < until) {
    auto agents = (*client)->ask<wire::Agents>(wire::ListAgents{}, patience);
    if (!agents) return tl::unexpected(silence_of(target, agents.error()));
    for (const auto& agent : agents->agents) {
      if (is_ready(agent, facts)) return agents;
    }
    if (!running_daemon(agent_folder(target), "agent.json", "drover-agent")) break;
    std::this_thread::sleep_for(look_again_after);
  }
  return tl::unexpected(not_started("drover-agent", log));
}

/// What the agent has loaded from each of its folders.
std::vector<std::string> task_lines(const std::string& address, const nlohmann::json& facts) {
  const auto folders = facts.is_object() ? facts.value("tasks", std::vector<std::string>())
                                         : std::vector<std::string>();
  if (folders.empty()) return {};
  std::set<std::string> offered;
  auto client = net::Client::connect(address);
  const auto tasks = client ? (*client)->ask<wire::Tasks>(wire::ListTasks{}, patience)
                            : Result<wire::Tasks>(tl::unexpected(client.error()));
  if (!tasks) return {};
  for (const auto& task : tasks->tasks) {
    if (!task.agents.empty()) offered.insert(task.name);
  }
  std::vector<std::string> lines;
  for (const auto& folder : folders) {
    auto names = tasks_in(folder);
    std::erase_if(names, [&](const std::string& name) { return !offered.contains(name); });
    lines.push_back(fmt::format("  {:<8} {}    from {}", lines.empty() ? "tasks" : "",
                                names.empty() ? "none" : listed(names, most_named), folder));
  }
  return lines;
}

void print_ready(const wire::Agents& agents, const std::string& address, const Target& target) {
  std::size_t slots = 0;
  for (const auto& agent : agents.agents) {
    slots += agent.slots.size();
    for (const auto& note : agent.notes) say({note});
  }
  fmt::print("scheduler and {} cpu slot{} ready\n", slots, slots == 1 ? "" : "s");
  say(task_lines(address, agent_facts(target)));
  fmt::print(
      "  address  {}    for DROVER_ADDRESS and --address\n"
      "  logs     {}\n"
      "           {}\n",
      address, scheduler_log(target).string(), agent_log(target).string());
}

/// Does the running agent have what is asked for? By the facts that it wrote.
bool runs_as_asked(const nlohmann::json& facts, const UpOptions& options) {
  if (!facts.is_object()) return false;
  if (options.slots && facts.value("slots", nlohmann::json()) != *options.slots) return false;
  const auto tasks = facts.value("tasks", nlohmann::json::array());
  if (options.no_tasks && !tasks.empty()) return false;
  return std::all_of(options.tasks.begin(), options.tasks.end(), [&](const auto& folder) {
    const std::string wanted = daemon::absolute_folder(folder);
    return std::find(tasks.begin(), tasks.end(), wanted) != tasks.end();
  });
}

/// The command that asks for the same.
std::string command_of(const UpOptions& options) {
  std::string command = "drover up";
  if (options.slots) command += fmt::format(" --slots {}", *options.slots);
  for (const auto& folder : options.tasks) command += " --tasks " + shell_word(folder.string());
  return command + (options.no_tasks ? " --no-tasks" : "");
}

/// What is asked of an agent takes effect where it is started, and folders must be there.
Result<void> check(const Target& target, const UpOptions& options) {
  for (const auto& folder : options.tasks) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
      return fail(ErrorCode::NotFound,
                  fmt::format("--tasks {}: there is no such folder", folder.string()));
    }
  }
  if (!running_daemon(agent_folder(target), "agent.json", "drover-agent")) return {};
  if (runs_as_asked(agent_facts(target), options)) return {};
  return fail(ErrorCode::Exists,
              "an agent runs here already with other --slots or --tasks; they count when it "
              "starts:\n  drover down && " +
                  command_of(options));
}

}  // namespace

int up(const Target& target, const UpOptions& options) {
  if (const auto checked = check(target, options); !checked) return print(checked.error());
  if (auto made = daemon::make_state_folder(target.folder()); !made) return print(made.error());
  if (auto started = start_scheduler(target); !started) return print(started.error());
  Target here;
  here.state = target.folder();
  const auto address = address_of(here);
  if (!address) return print(address.error());
  const auto log = log_from_here(agent_log(target));
  if (auto started = start_agent(target, options, *address); !started)
    return print(started.error());
  const auto agents = wait_for_slots(*address, target, log);
  if (!agents) return print(agents.error());
  print_ready(*agents, *address, target);
  return succeeded;
}

int down(const Target& target) {
  bool any = false;
  bool all_gone = true;
  const auto end = [&](const std::filesystem::path& folder, const std::string& facts,
                       const std::string& program) {
    const auto pid = running_daemon(folder, facts, program);
    if (!pid) return;
    any = true;
    if (end_process(*pid, seconds_to_end)) return;
    all_gone = false;
    fmt::print(stderr, "{} (process {}) does not end; to end it by force:  kill -9 {}\n", program,
               *pid, *pid);
  };
  end(agent_folder(target), "agent.json", "drover-agent");
  end(target.folder(), "scheduler.json", "droverd");
  if (!any) fmt::print("nothing runs in {}\n", target.folder().string());
  if (any && all_gone) fmt::print("stopped\n");
  return all_gone ? succeeded : run_failed;
}

}  // namespace drover::tools
