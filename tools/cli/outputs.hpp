#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/net/client.hpp"

namespace drover::tools {

/// What a run's outputs are, in a few lines each: small values are shown, files are named. Empty
/// where they cannot be read.
std::vector<std::string> output_lines(net::Client& client, const wire::RunStatus& run);

/// Where the result files of the run's steps are, or of one of them: `results` the run's own,
/// `kept` those of the runs that made what a rerun took over. Only folders that are here.
std::vector<std::string> folder_lines(const wire::RunStatus& run,
                                      const std::optional<std::string>& step = std::nullopt);

/// A JSON value in one line for people: `person 4,102 · car 1,930` for a list of things and their
/// counts.
std::string one_line(const std::string& json_text);

}  // namespace drover::tools
