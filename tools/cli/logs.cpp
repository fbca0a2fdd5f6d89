#include "tools/cli/logs.hpp"

#include <algorithm>

#include "tools/cli/target.hpp"

namespace drover::tools {

bool wrote_nothing(net::Client& client, const wire::Log& attempt) {
  const auto log = client.ask<wire::LogText>(attempt, patience);
  return log && log->bytes.empty() && log->note.empty();
}

std::vector<std::string> without_empty_logs(net::Client& client, const wire::Explain& asked,
                                            const wire::Explanation& explanation) {
  std::vector<std::string> lines = explanation.lines;
  for (const auto& attempt : explanation.attempts) {
    const auto line = std::ranges::find_if(lines, [&](const std::string& text) {
      return !attempt.log.empty() && text.ends_with(attempt.log);
    });
    if (line == lines.end() || !asked.item) continue;
    if (!wrote_nothing(client, {asked.run, asked.step, *asked.item, attempt.attempt})) continue;
    line->replace(line->size() - attempt.log.size(), attempt.log.size(),
                  "it printed nothing to its log");
  }
  return lines;
}

}  // namespace drover::tools
