#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "common/net/client.hpp"
#include "common/result.hpp"
#include "common/units.hpp"

namespace drover::bench {

/// A scheduler and an agent of its own, for one benchmark, in a folder that goes with it.
class Pool {
 public:
  /// Starts both, and returns when they can take a job. Errors: Unavailable, with what they said.
  static Result<std::unique_ptr<Pool>> start(std::uint32_t slots);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Submits a workflow and waits for its end. Errors: Failed where the run does not succeed.
  Result<wire::RunStatus> run(const std::string& workflow,
                              const std::map<std::string, std::string>& inputs);
  /// The two halves of run().
  Result<RunId> submit(const std::string& workflow,
                       const std::map<std::string, std::string>& inputs);
  Result<wire::RunStatus> finish(const RunId& run);

  /// `kill -9` of a worker, which the agent replaces. Errors: NotFound where there is none.
  Result<void> kill_worker();
  /// `kill -9` of a daemon, and `drover up` until the pool can take jobs again.
  Result<void> kill_agent();
  Result<void> kill_scheduler();

  /// The most memory the scheduler has had, in bytes.
  std::uint64_t scheduler_peak_bytes() const;

  net::Client& client() { return *client_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit Pool(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> kill_daemon(const std::filesystem::path& folder, const std::string& facts,
                           const std::string& program);

  std::filesystem::path folder_;
  std::unique_ptr<net::Client> client_;
};

/// A random id for a run.
RunId random_run();

/// The status of one step. Requires: the run has it.
const wire::StepStatus& step_named(const wire::RunStatus& run, std::string_view name);

}  // namespace drover::bench
