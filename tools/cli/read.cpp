#include "tools/cli/read.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/spelling.hpp"
#include "common/types/json.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/follow.hpp"
#include "tools/cli/logs.hpp"
#include "tools/cli/outputs.hpp"
#include "tools/cli/page_type.hpp"
#include "tools/cli/print.hpp"
#include "tools/cli/print_next.hpp"
#include "tools/cli/to_json.hpp"
#include "tools/render/numbers.hpp"
#include "tools/render/run_view.hpp"
#include "tools/render/table.hpp"

namespace drover::tools {
namespace {

/// Asks, and prints the answer: as JSON, or by `show`.
template <class Reply, class Request, class Show>
int ask_and_print(const Target& target, const Request& request, bool json, Show show) {
  auto client = connect(target);
  if (!client) return print(client.error());
  const auto reply = (*client)->template ask<Reply>(request, patience);
  if (!reply) return print(reply.error());
  if (json) {
    fmt::print("{}\n", text_of(to_json(*reply)));
  } else {
    show(*reply);
  }
  return succeeded;
}

/// The command that lists them, without its page.
std::string command_of(const ItemsOptions& options, const wire::Items& items) {
  std::string command = fmt::format("drover items {} {}", options.run, items.step);
  if (options.state) command += " --state " + *options.state;
  if (options.limit != ItemsOptions{}.limit) command += fmt::format(" --limit {}", options.limit);
  return command;
}

std::string share_text(const wire::RunRow& run) {
  if (run.total == 0) return "";
  std::string text = fmt::format("{}/{}", with_commas(run.done), with_commas(run.total));
  if (run.failed > 0) text += fmt::format(", {} failed", with_commas(run.failed));
  return text;
}

void write_all(const std::string& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, bytes.data() + at, bytes.size() - at);
    if (wrote <= 0) return;
    at += static_cast<std::size_t>(wrote);
  }
}

}  // namespace

int list_runs(const Target& target, std::uint32_t limit, bool json) {
  return ask_and_print<wire::Runs>(target, wire::ListRuns{limit}, json, [](const wire::Runs& runs) {
    if (runs.runs.empty()) {
      return say({"no runs yet", "  start one:  drover run FILE -i name=value"});
    }
    Table table({"run", "workflow", "state", "items", "took", "submitted", "by"});
    for (const auto& run : runs.runs) {
      table.add({run.short_id, run.name, run.state, share_text(run), duration_text(run.seconds),
                 date_text(run.created_ms), run.submitted_by});
    }
    fmt::print("{}", table.text(Terminal::of_stdout()));
  });
}

int show_run(const Target& target, const std::string& run, bool json) {
  return ask_and_print<wire::RunStatus>(target, wire::ShowRun{run}, json,
                                        [&](const wire::RunStatus& status) {
                                          say(show_lines(status, Terminal::of_stdout()));
                                          if (!status.ended_ms) return;
                                          if (auto client = connect(target))
                                            print_next(**client, status, true);
                                        });
}

int watch_run(const Target& target, const std::string& run) {
  auto client = connect(target);
  if (!client) return print(client.error());
  return follow(target, **client, run, FollowOptions{});
}

int wait_run(const Target& target, const std::string& run, bool json) {
  auto client = connect(target);
  if (!client) return print(client.error());
  FollowOptions options;
  options.quiet = true;
  options.json = json;
  return follow(target, **client, run, options);
}

int cancel_run(const Target& target, const std::string& run, bool json) {
  return ask_and_print<wire::RunStatus>(
      target, wire::Cancel{run}, json, [&](const wire::RunStatus& status) {
        if (status.state == "succeeded" || status.state == "failed") {
          say({fmt::format("run {} has already ended: {}{}{}", status.short_id, status.state,
                           status.reason.empty() ? "" : ", ", status.reason)});
        } else {
          fmt::print("run {}  {}\n", status.short_id, status.state);
          if (auto client = connect(target)) print_next(**client, status, false);
        }
      });
}

int list_items(const Target& target, const ItemsOptions& options) {
  const wire::ListItems request{options.run, options.step, options.state, options.after,
                                options.limit};
  return ask_and_print<wire::Items>(target, request, options.json, [&](const wire::Items& items) {
    if (items.rows.empty()) {
      return say({fmt::format("no {} of '{}'{}", items.item_word, items.step,
                              options.state ? " is " + *options.state : "")});
    }
    Table table({"item", "state", "attempts", "took", "ran on", items.item_word, "reason"});
    for (const auto& row : items.rows) {
      const std::string ran_on = row.agent.empty() ? "" : fmt::format("{} {}", row.agent, row.slot);
      table.add({std::to_string(row.item), row.state,
                 row.attempts > 0 ? std::to_string(row.attempts) : "",
                 row.seconds ? duration_text(*row.seconds) : "", ran_on, row.key,
                 row.reason.substr(0, row.reason.find('\n'))});
    }
    fmt::print("{}", table.text(Terminal::of_stdout()));
    if (items.next) {
      say({fmt::format("{} of {}; the next page:  {} --after {}",
                       counted(items.rows.size(), items.item_word), with_commas(items.total),
                       command_of(options, items), *items.next)});
    }
  });
}

int print_log(const Target& target, const LogOptions& options) {
  const auto meant = options.item.meant();
  if (!meant) return print(meant.error());
  const std::string item = meant->item.value_or("");
  auto client = connect(target);
  if (!client) return print(client.error());
  const auto log = (*client)->ask<wire::LogText>(
      wire::Log{options.run, meant->step, item, options.attempt}, patience);
  if (!log) return print(log.error());
  write_all(log->bytes);
  if (log->bytes.empty() && log->note.empty()) {
    const bool is_step = log->step == item;  // It runs once and goes by its name.
    remark(fmt::format(
        "attempt {} printed nothing to its log; what became of it:  drover explain {} {}{}",
        log->attempt, options.run, is_step ? "" : log->step + " ", shell_word(item)));
  }
  if (!log->note.empty()) remark(log->note);
  return succeeded;
}

namespace {

/// Files of results are not in them: says where they are, beside what may go into a pipe.
void print_folders(net::Client& client, const std::string& run, const std::string& step) {
  const auto status = client.ask<wire::RunStatus>(wire::ShowRun{run}, patience);
  if (!status) return;
  for (const auto& line : folder_lines(*status, step)) remark(line);
}

/// A pipe gets the value on a line; a terminal as much of it as it is wide, or the only one on
/// several. Is something left out?
bool print_result(const std::string& key, const Json& value, bool is_only) {
  const Terminal terminal = Terminal::of_stdout();
  const std::string head = key + (key.empty() ? "" : terminal.live ? "  " : "\t");
  const std::string line = head + text_of(value, -1);
  const bool fits = !terminal.live || width_of(line) <= terminal.width;
  fmt::print("{}\n", fits ? line : is_only ? head + text_of(value) : cut_to(line, terminal.width));
  return !fits && !is_only;
}

}  // namespace

int print_results(const Target& target, const std::string& run,
                  const std::optional<std::string>& step, bool json) {
  auto client = connect(target);
  if (!client) return print(client.error());
  bool cut = false;
  for (std::uint64_t first = 0;;) {
    const auto page =
        (*client)->ask<wire::ResultsPage>(wire::ReadResults{run, step, first, 4096}, patience);
    if (!page) return print(page.error());
    const auto type = type_of_page(*page);
    if (!type) return print(type.error());
    for (std::size_t i = 0; i < page->columns.size(); ++i) {
      Json value = nullptr;
      if (page->columns.has_value(i)) {
        auto decoded = to_json(page->columns.value(i), *type);
        if (!decoded) return print(decoded.error());
        value = std::move(*decoded);
      }
      const std::string key = i < page->keys.size() ? page->keys[i] : "";
      if (json) {
        Json line{{"index", page->first + i}};
        if (!key.empty()) line["key"] = key;
        line["value"] = std::move(value);
        fmt::print("{}\n", text_of(line, -1));
      } else {
        cut |= print_result(key, value, page->total == 1);
      }
    }
    first += page->columns.size();
    if (!page->columns.empty() && first < page->total) continue;
    if (cut) {
      remark(
          fmt::format("lines that end with … are cut to the window; whole:  drover results {} {} "
                      "--json",
                      run, page->step));
    }
    if (!json) print_folders(**client, run, page->step);
    return succeeded;
  }
}

int explain(const Target& target, const std::string& run, const ItemWords& words, bool json) {
  const auto meant = words.meant();
  if (!meant) return print(meant.error());
  const wire::Explain request{run, meant->step, meant->item};
  auto client = connect(target);
  if (!client) return print(client.error());
  const auto explanation = (*client)->ask<wire::Explanation>(request, patience);
  if (!explanation) return print(explanation.error());
  if (json) {
    fmt::print("{}\n", text_of(to_json(*explanation)));
  } else {
    say(without_empty_logs(**client, request, *explanation));
  }
  return succeeded;
}

int list_agents(const Target& target, bool json) {
  return ask_and_print<wire::Agents>(
      target, wire::ListAgents{}, json, [](const wire::Agents& agents) {
        if (agents.agents.empty()) say({"no agents", "  start one here:  drover up"});
        for (const auto& agent : agents.agents) {
          fmt::print("{}  {}, {}, {}, heard {} ago\n", agent.name, agent.state,
                     counted(agent.slots.size(), "slot"), counted(agent.tasks, "task"),
                     duration_text(agent.heard_seconds_ago));
          for (const auto& slot : agent.slots) {
            fmt::print("  slot {}   cpu {:g}{}, {}   {}\n", slot.slot, slot.cpu,
                       slot.gpu > 0 ? fmt::format(", gpu {:g}", slot.gpu) : "",
                       bytes_text(slot.memory_bytes), slot.doing.empty() ? "free" : slot.doing);
          }
          for (const auto& note : agent.notes) say({"  " + note});
        }
      });
}

int list_tasks(const Target& target, const std::optional<std::string>& name, bool json) {
  return ask_and_print<wire::Tasks>(
      target, wire::ListTasks{name}, json, [&](const wire::Tasks& tasks) {
        for (const auto& task : tasks.tasks) {
          if (!name) {
            fmt::print("{}{}\n", task.signature.substr(0, task.signature.find('\n')),
                       task.agents.empty() ? "    (no agent has it now)" : "");
            continue;
          }
          fmt::print("{}\n", task.signature);
          std::string agents;
          for (const auto& agent : task.agents) agents += (agents.empty() ? "" : ", ") + agent;
          fmt::print("offered by {}\n", agents.empty() ? "no agent now" : agents);
          for (const auto& note : task.notes) say({"  " + note});
        }
      });
}

}  // namespace drover::tools
