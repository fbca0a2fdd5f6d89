#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/target.hpp"

namespace drover::tools {

struct RunOptions {
  std::string file;
  std::vector<std::string> inputs;     ///< `name=value`
  std::optional<std::string> reuse{};  ///< A run.
  std::optional<std::string> allow_failed{};
  std::string changed = "ask";  ///< keep, again, stop or ask
  bool detach = false;
  bool json = false;
};

/// `drover run FILE`: submits, and follows the run unless it is to be detached.
int run_workflow(const Target& target, const RunOptions& options);

/// `drover check FILE`: says what is wrong; starts nothing.
int check_workflow(const Target& target, const RunOptions& options);

struct RerunOptions {
  std::string run;
  bool failed = false;
  std::vector<std::string> items;
  std::optional<std::string> signature;
  std::optional<std::string> allow_failed;
  std::string changed = "ask";  ///< keep, again, stop or ask
  bool detach = false;
  bool json = false;
};

/// `drover rerun RUN`
int rerun(const Target& target, const RerunOptions& options);

}  // namespace drover::tools
