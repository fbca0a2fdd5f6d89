#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/cli/item_words.hpp"
#include "tools/cli/target.hpp"

/// Commands that only read. Each prints its answer, as JSON where that is asked for, and returns
/// the exit status.
namespace drover::tools {

int list_runs(const Target& target, std::uint32_t limit, bool json);
int show_run(const Target& target, const std::string& run, bool json);
int watch_run(const Target& target, const std::string& run);
int wait_run(const Target& target, const std::string& run, bool json);
int cancel_run(const Target& target, const std::string& run, bool json);

struct ItemsOptions {
  std::string run;
  std::optional<std::string> step;
  std::optional<std::string> state;
  std::uint32_t limit = 100;
  std::optional<std::uint64_t> after;
  bool json = false;
};
int list_items(const Target& target, const ItemsOptions& options);

struct LogOptions {
  std::string run;
  ItemWords item;
  std::optional<std::uint32_t> attempt;
};
int print_log(const Target& target, const LogOptions& options);

/// Every element of the step's results, one a line.
int print_results(const Target& target, const std::string& run,
                  const std::optional<std::string>& step, bool json);

/// Of the run, where no words follow it.
int explain(const Target& target, const std::string& run, const ItemWords& words, bool json);
int list_agents(const Target& target, bool json);
int list_tasks(const Target& target, const std::optional<std::string>& name, bool json);

}  // namespace drover::tools
