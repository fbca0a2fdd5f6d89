#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/store/store.hpp"
#include "tests/support/scheduler_bench.hpp"

/// Scenarios are text: commands, and the effects that they had on the scheduler's core.
///
/// ```
/// # What this shows.
/// join a1 slots=2          →  a1 <- welcome s1 epoch 7
/// submit r1 map=2          →  save run r1 · save opening r1/0 of 2
///                             · a1.0 <- grant 7.1 r1/0 [0,1)
/// cancel r9                →  nothing
/// ```
/// README.md has the commands.
namespace drover::testing {

/// A command, split at blanks: a verb, words, and options `name=value`.
struct Command {
  std::string verb;
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> options;  ///< In order; a name may come twice.

  static Command parse(std::string_view line);
  std::optional<std::string> option(std::string_view name) const;
};

/// Carries out commands on the core and the store.
class Scenario {
 public:
  Scenario();
  /// The effects, in words. Unknown commands end the process with a message.
  std::vector<std::string> run(const Command& command);

 private:
  std::vector<std::string> note(std::vector<std::string> effects);
  std::vector<std::string> commit();
  std::vector<std::string> join(const Command& command);
  std::vector<std::string> submit(const Command& command);
  std::vector<std::string> rerun(const Command& command);
  std::vector<std::string> results(const Command& command);
  std::vector<std::string> list(const Command& command);
  std::vector<std::string> died(const Command& command);
  std::vector<std::string> wait(const Command& command);
  std::vector<std::string> restart();
  wire::LeaseReport report(const std::string& text) const;

  Result<scheduler::Store> store_;
  SchedulerBench bench_;
  std::vector<scheduler::Save> saved_;  // not committed
  std::map<RunId, std::shared_ptr<const Plan>> plans_;
  std::map<LeaseId, wire::LeaseReport>
      leases_;  // all that were granted, as their agents would report them
};

/// The file with its effects replaced by what happens now.
std::string played(const std::string& text);

}  // namespace drover::testing
