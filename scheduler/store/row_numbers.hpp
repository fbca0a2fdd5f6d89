#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/ids.hpp"
#include "scheduler/store/sqlite.hpp"

namespace drover::scheduler {

/// Which rows stand for which runs, steps, agents and texts. Remembers what it found; bounded.
///
/// After a transaction that was rolled back everything must be forgotten.
class RowNumbers {
 public:
  explicit RowNumbers(Database& database) : database_(database) {}

  std::optional<std::int64_t> run(const RunId& run);
  std::optional<std::int64_t> step(const StepRef& step);
  /// Where results of the step, or the chunks of one lease, stand; made where it is missing.
  std::int64_t stream(std::int64_t step, const LeaseId& lease);
  std::int64_t agent(const AgentId& agent);  ///< Made where it is missing.
  std::int64_t text(std::string_view text);  ///< Made where it is missing.

  /// Makes the row that says that results of the stream were given by this build of the task.
  void note_build(std::int64_t stream, const std::string& build);

  void forget();

 private:
  struct StreamKey {
    std::int64_t step;
    LeaseId lease;
    auto operator<=>(const StreamKey&) const = default;
  };

  Database& database_;
  std::map<RunId, std::int64_t> runs_;
  std::map<StepRef, std::int64_t> steps_;
  std::map<StreamKey, std::int64_t> streams_;
  std::map<AgentId, std::int64_t> agents_;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> builds_;
};

}  // namespace drover::scheduler
