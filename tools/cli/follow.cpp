#include "tools/cli/follow.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "common/clock.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/logs.hpp"
#include "tools/cli/outputs.hpp"
#include "tools/cli/print.hpp"
#include "tools/cli/print_next.hpp"
#include "tools/cli/target.hpp"
#include "tools/cli/to_json.hpp"
#include "tools/render/live_lines.hpp"
#include "tools/render/run_view.hpp"
#include "tools/render/terminal.hpp"

namespace drover::tools {
namespace {

constexpr std::uint32_t live_every_ms = 200;
constexpr std::uint32_t plain_every_ms = 2'000;
constexpr std::uint32_t quiet_every_ms = 10'000;
constexpr auto cancel_within = std::chrono::seconds(2);

volatile std::sig_atomic_t interrupts = 0;

/// Counts Ctrl-C while it lives; the calls it interrupts return early.
class Interrupts {
 public:
  Interrupts() {
    interrupts = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupts = interrupts + 1; };
    ::sigaction(SIGINT, &action, &before_);
  }
  ~Interrupts() { ::sigaction(SIGINT, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  struct sigaction before_ {};
};

int status_of(const std::string& state) {
  if (state == "succeeded") return succeeded;
  return state == "cancelled" ? run_cancelled : run_failed;
}

void print_end(net::Client& client, const wire::RunStatus& run) {
  const Terminal terminal = Terminal::of_stdout();
  say(summary_lines(run, output_lines(client, run), terminal));
  print_next(client, run, false);
}

int cancel(net::Client& client, const wire::RunStatus& run) {
  const auto cancelled = client.ask<wire::RunStatus>(wire::Cancel{to_string(run.run)}, patience);
  if (!cancelled) return print(cancelled.error());
  fmt::print("run {}  {}\n", cancelled->short_id, cancelled->state);
  return status_of(cancelled->state);
}

/// The scheduler does not answer any more: what to do about it, and how to come back.
Error lost_sight(const Target& target, const Error& error, const std::string& run) {
  Error told = silence_of(target, error);
  if (error.code == ErrorCode::Unavailable)
    told.context +=
        fmt::format("\n  nothing of the run is lost; back to it:  drover watch {}", run);
  return told;
}

/// Ctrl-C was pressed: says how to come back, and cancels where it is pressed again.
int detach(net::Client& client, const wire::RunStatus& run) {
  say({"", fmt::format("detached; run {} goes on", run.short_id),
       fmt::format("  back:  drover watch {}", run.short_id),
       fmt::format("  stop:  drover cancel {}   or Ctrl-C again now", run.short_id)});
  std::fflush(stdout);
  const int before = interrupts;
  const Instant until = monotonic_now() + cancel_within;
  while (monotonic_now() < until) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - monotonic_now());
    timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    if (left.count() > 0) ::nanosleep(&wait, nullptr);  // Ends early at a signal.
    if (interrupts != before) return cancel(client, run);
  }
  return succeeded;
}

}  // namespace

int follow(const Target& target, net::Client& client, const std::string& name,
           const FollowOptions& options) {
  const bool silent = options.quiet || options.json;
  const bool live = Terminal::of_stdout().live && !silent;
  const std::uint32_t every = silent ? quiet_every_ms : live ? live_every_ms : plain_every_ms;
  const Interrupts guard;
  LiveLines lines;
  wire::RunStatus before;
  for (std::uint32_t wait_ms = 0;; wait_ms = every) {
    const auto run = client.ask<wire::RunStatus>(wire::Wait{name, wait_ms},
                                                 patience + std::chrono::milliseconds(every));
    if (interrupts > 0 && !before.state.empty()) return detach(client, run ? *run : before);
    if (!run)
      return print(lost_sight(target, run.error(), before.state.empty() ? name : before.short_id));
    if (live) {
      const Terminal terminal = Terminal::of_stdout();
      fmt::print("{}", lines.show(progress_lines(*run, terminal), terminal.width));
      std::fflush(stdout);
    }
    if (!live && !silent) {
      say(progress_report(before, *run));
      std::fflush(stdout);
    }
    before = *run;
    if (run->state == "running" || run->state == "waiting") continue;
    if (live) fmt::print("\n");
    if (options.json) fmt::print("{}\n", text_of(to_json(*run)));
    if (!silent) print_end(client, *run);
    return status_of(run->state);
  }
}

}  // namespace drover::tools
