#include "tools/bench/pool.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "common/check.hpp"
#include "tools/cli/processes.hpp"
#include "tools/cli/up_down.hpp"

namespace drover::bench {
namespace {

constexpr std::chrono::minutes longest_run{30};
constexpr std::chrono::milliseconds look_again{1};

tools::Target target_in(const std::filesystem::path& folder) {
  tools::Target target;
  target.state = folder;
  return target;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> all;
  std::error_code ended;
  const std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", process), ended);
  for (auto thread = begin(threads); !ended && thread != end(threads); thread.increment(ended)) {
    std::ifstream children(thread->path() / "children");
    for (pid_t child = 0; children >> child;) all.push_back(child);
  }
  return all;
}

std::string program_of(pid_t process) {
  std::error_code ended;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", process), ended).filename();
}

}  // namespace

Result<std::unique_ptr<Pool>> Pool::start(std::uint32_t slots) {
  std::string name = (std::filesystem::temp_directory_path() / "drover-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::Unavailable, fmt::format("no temporary folder can be made at {}", name));
  }
  auto pool = std::unique_ptr<Pool>(new Pool(name));
  tools::UpOptions options;
  options.slots = slots;
  if (tools::up(target_in(pool->folder_), options) != 0) {
    return fail(ErrorCode::Unavailable, "the scheduler or its agent did not start");
  }
  auto client = tools::connect(target_in(pool->folder_));
  if (!client) return tl::unexpected(client.error());
  pool->client_ = std::move(*client);
  return pool;
}

Pool::~Pool() {
  client_.reset();
  tools::down(target_in(folder_));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<wire::RunStatus> Pool::run(const std::string& workflow,
                                  const std::map<std::string, std::string>& inputs) {
  return submit(workflow, inputs).and_then([this](const RunId& run) { return finish(run); });
}

Result<RunId> Pool::submit(const std::string& workflow,
                           const std::map<std::string, std::string>& inputs) {
  wire::Submit submit;
  submit.run = random_run();
  submit.file = "benchmark.yaml";
  submit.text = workflow;
  submit.inputs = inputs;
  submit.working_directory = folder_.string();
  auto submitted = client_->ask<wire::Submitted>(submit, tools::patience);
  if (!submitted) return tl::unexpected(submitted.error());
  return submit.run;
}

Result<wire::RunStatus> Pool::finish(const RunId& run) {
  const auto until = std::chrono::steady_clock::now() + longest_run;
  while (std::chrono::steady_clock::now() < until) {
    auto status = client_->ask<wire::RunStatus>(wire::Wait{to_string(run), 10'000},
                                                tools::patience + std::chrono::seconds(10));
    if (!status || status->state == "succeeded") return status;
    if (status->state != "running") {
      return fail(ErrorCode::Failed, fmt::format("the run {}: {}", status->state, status->reason));
    }
  }
  return fail(ErrorCode::Failed, "the run takes too long");
}

Result<void> Pool::kill_worker() {
  const auto agent = tools::running_daemon(folder_ / "agent", "agent.json", "drover-agent");
  if (!agent) return fail(ErrorCode::NotFound, "no agent runs whose worker could be killed");
  for (const pid_t child : children_of(*agent)) {
    if (program_of(child) == "drover-worker" && ::kill(child, SIGKILL) == 0) return {};
  }
  return fail(ErrorCode::NotFound, "the agent has no worker that could be killed");
}

Result<void> Pool::kill_agent() {
  return kill_daemon(folder_ / "agent", "agent.json", "drover-agent");
}

Result<void> Pool::kill_scheduler() { return kill_daemon(folder_, "scheduler.json", "droverd"); }

Result<void> Pool::kill_daemon(const std::filesystem::path& folder, const std::string& facts,
                               const std::string& program) {
  const auto pid = tools::running_daemon(folder, facts, program);
  if (!pid || ::kill(*pid, SIGKILL) != 0) {
    return fail(ErrorCode::NotFound, fmt::format("no {} runs that could be killed", program));
  }
  while (tools::running_daemon(folder, facts, program)) std::this_thread::sleep_for(look_again);
  if (tools::up(target_in(folder_), {}) != 0) {
    return fail(ErrorCode::Unavailable, fmt::format("{} did not start again", program));
  }
  return {};
}

std::uint64_t Pool::scheduler_peak_bytes() const {
  const auto pid = tools::running_daemon(folder_, "scheduler.json", "droverd");
  CHECK(pid.has_value());
  std::ifstream status(fmt::format("/proc/{}/status", *pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

RunId random_run() {
  static std::mt19937_64 random(std::random_device{}());
  RunId run;
  for (auto& byte : run.bytes) byte = static_cast<std::uint8_t>(random());
  return run;
}

const wire::StepStatus& step_named(const wire::RunStatus& run, std::string_view name) {
  const auto step = std::find_if(run.steps.begin(), run.steps.end(),
                                 [&](const auto& s) { return s.name == name; });
  CHECK(step != run.steps.end());
  return *step;
}

}  // namespace drover::bench
