#include "tools/cli/print_next.hpp"

#include <fmt/format.h>

#include "tools/cli/logs.hpp"
#include "tools/cli/print.hpp"
#include "tools/render/next_commands.hpp"

namespace drover::tools {
namespace {

/// Is there anything to see in the log that next_commands() would send to?
bool first_failure_printed(net::Client& client, const wire::RunStatus& run) {
  if (run.failures.empty()) return true;
  const auto& first = run.failures.front();
  return !wrote_nothing(client,
                        {to_string(run.run), first.step, std::to_string(first.example_item), {}});
}

}  // namespace

void print_next(net::Client& client, const wire::RunStatus& run, bool is_shown) {
  auto next = next_commands(run, first_failure_printed(client, run));
  if (is_shown) next.pop_back();
  if (next.empty()) return;
  for (auto& [command, what] : next) command = copyable(command);
  fmt::print("\n");
  for (const auto& line : next_lines(next, Terminal::of_stdout())) fmt::print("{}\n", line);
}

}  // namespace drover::tools
