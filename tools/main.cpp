#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>

#include "common/daemon/version.hpp"
#include "common/spelling.hpp"
#include "tools/cli/call.hpp"
#include "tools/cli/exit_codes.hpp"
#include "tools/cli/item_words.hpp"
#include "tools/cli/model_check.hpp"
#include "tools/cli/print.hpp"
#include "tools/cli/read.hpp"
#include "tools/cli/submit.hpp"
#include "tools/cli/up_down.hpp"
#include "tools/cli/usage.hpp"

namespace drover::tools {
namespace {

constexpr std::uint64_t most_of_32_bits = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t most_of_64_bits = std::numeric_limits<std::uint64_t>::max();

/// What the words on the command line were parsed into; `act` is what to do.
struct CommandLine {
  Target target;
  bool json = false;
  std::function<int()> act;

  UpOptions up;
  RunOptions run;
  RerunOptions rerun;
  ItemsOptions items;
  LogOptions log;
  ItemWords item_words;
  std::string name;  // RUN, TASK or URI
  std::string word;  // an optional second word
  std::vector<std::string> words;
  std::vector<std::string> tasks;
  std::vector<std::string> states;
  std::uint32_t limit = 20;
  std::uint32_t slots = 0;
};

std::optional<std::string> optional_word(const std::string& word) {
  return word.empty() ? std::nullopt : std::optional(word);
}

/// A subcommand with an example, and the options that all commands share.
CLI::App& add(CLI::App& app, CommandLine& line, const std::string& name, const std::string& what,
              const std::string& example, std::function<int()> act) {
  CLI::App* command = app.add_subcommand(name, what);
  command->footer("Example:  " + example);
  if (name != "items") {  // Its --state is also an item's state, see add_looking_commands().
    command->add_option("--state", line.target.state, "State folder of the scheduler")
        ->default_str("the user's");
  }
  command->add_option("--address", line.target.address, "Address of the scheduler, tcp://HOST:PORT")
      ->default_str("DROVER_ADDRESS, else what stands in the state folder");
  command->callback([&line, act = std::move(act)] { line.act = act; });
  return *command;
}

bool is_item_state(const std::string& word) {
  static constexpr std::array item_states{"waiting", "running", "retrying", "done",
                                          "failed",  "skipped", "cancelled"};
  return std::find(item_states.begin(), item_states.end(), word) != item_states.end();
}

/// A state of items, or the path of a folder; what is wrong where it is neither.
std::string state_problem(const std::string& word) {
  if (is_item_state(word) || word.find('/') != std::string::npos) return "";
  std::error_code error;
  if (std::filesystem::is_directory(word, error)) return "";
  return "'" + word +
         "' is no state of items (waiting, running, retrying, done, failed, skipped, cancelled), "
         "and no folder of that name is here";
}

/// `drover items --state` takes both what an item is and where the scheduler is; the words tell
/// which.
void take_states(CommandLine& line) {
  for (const auto& word : line.states) {
    if (is_item_state(word)) {
      line.items.state = word;
    } else {
      line.target.state = word;
    }
  }
}

void add_json(CLI::App& command, CommandLine& line) {
  command.add_flag("--json", line.json, "Print JSON, as docs/cli.md describes");
}

void add_pool_commands(CLI::App& app, CommandLine& line) {
  auto& up_command = add(
      app, line, "up", "Start a scheduler and an agent on this machine, as far as they are missing",
      "drover up --slots 2", [&line] {
        if (line.slots > 0) line.up.slots = line.slots;
        for (const auto& folder : line.tasks) line.up.tasks.emplace_back(folder);
        return up(line.target, line.up);
      });
  up_command.add_option("--slots", line.slots, "Items that run at once")
      ->check(whole_number(1, most_of_32_bits))
      ->default_str("one per processor");
  up_command.add_option("--tasks", line.tasks,
                        "Folder of your task libraries and descriptions; may be given again");
  up_command.add_flag("--no-tasks", line.up.no_tasks, "Without the folders of last time");
  add(app, line, "down", "Stop both", "drover down", [&line] { return down(line.target); });
  auto& agents = add(app, line, "agents", "The agents and what their slots do", "drover agents",
                     [&line] { return list_agents(line.target, line.json); });
  add_json(agents, line);
  auto& tasks =
      add(app, line, "tasks", "The tasks that agents offer", "drover tasks detect",
          [&line] { return list_tasks(line.target, optional_word(line.word), line.json); });
  tasks.add_option("NAME", line.word, "Only this one, with its types");
  add_json(tasks, line);
}

void add_changed(CLI::App& command, std::string& changed) {
  command
      .add_option("--changed", changed,
                  "What becomes of results whose task was built anew since: keep, again (run those "
                  "steps whole) or stop; left out: it asks, and without a terminal keeps them")
      ->check(CLI::IsMember({"keep", "again", "stop"}))
      ->default_str("");
}

void add_run_commands(CLI::App& app, CommandLine& line) {
  auto& run = add(app, line, "run", "Check a workflow, start it and follow it",
                  "drover run examples/offline-detection.yaml -i images=~/Pictures", [&line] {
                    line.run.json = line.json;
                    return run_workflow(line.target, line.run);
                  });
  run.add_option("FILE", line.run.file, "The workflow, YAML")->required();
  run.add_option("-i,--input", line.run.inputs, "name=value; may be given again")
      ->allow_extra_args(false);
  run.add_option("--reuse", line.run.reuse,
                 "A run that has ended: items that are done there with the same inputs do not run "
                 "again");
  add_changed(run, line.run.changed);
  run.add_option(
      "--allow-failed", line.run.allow_failed,
      "Allow so many items of each step to fail, 5% or a number, whatever the workflow says");
  run.add_flag("--detach", line.run.detach, "Start it only");
  add_json(run, line);
  auto& check = add(app, line, "check", "Say what is wrong with a workflow, and start nothing",
                    "drover check my.yaml -i images=street/", [&line] {
                      line.run.json = line.json;
                      return check_workflow(line.target, line.run);
                    });
  check.add_option("FILE", line.run.file, "The workflow, YAML")->required();
  check.add_option("-i,--input", line.run.inputs, "name=value; may be given again")
      ->allow_extra_args(false);
  add_json(check, line);
  auto& again = add(app, line, "rerun", "A new run that keeps what is done and runs the rest",
                    "drover rerun last --failed", [&line] {
                      line.rerun.json = line.json;
                      if (!line.word.empty()) line.rerun.allow_failed = line.word;
                      return rerun(line.target, line.rerun);
                    });
  again.add_option("RUN", line.rerun.run, "An id, what is unique of it, or last")->required();
  again.add_flag("--failed", line.rerun.failed,
                 "Only the items that failed, and what follows from them");
  again.add_option("--item", line.rerun.items, "Only this item; may be given again")
      ->allow_extra_args(false);
  again.add_option("--signature", line.rerun.signature,
                   "Only what failed like this: a failure as show prints it, or a part of it. "
                   "Numbers, paths and quoted text in it do not count: 'ends after 12 of 98 bytes' "
                   "is also what ends after 7 of 80");
  again.add_option("--allow-failed", line.word,
                   "Allow so many items to fail, 5% or a number; alone: failed items stay "
                   "failed and only what follows runs");
  add_changed(again, line.rerun.changed);
  again.add_flag("--detach", line.rerun.detach, "Start it only");
  add_json(again, line);
  auto& cancel = add(app, line, "cancel", "End a run; what is done stays", "drover cancel last",
                     [&line] { return cancel_run(line.target, line.name, line.json); });
  cancel.add_option("RUN", line.name, "An id, what is unique of it, or last")->required();
  add_json(cancel, line);
}

void add_looking_commands(CLI::App& app, CommandLine& line) {
  const auto with_run = [&line](CLI::App& command) {
    command.add_option("RUN", line.name, "An id, what is unique of it, or last")->required();
  };
  auto& ls = add(app, line, "ls", "The newest runs", "drover ls",
                 [&line] { return list_runs(line.target, line.limit, line.json); });
  ls.add_option("--limit", line.limit, "How many")
      ->check(whole_number(1, most_of_32_bits))
      ->capture_default_str();
  add_json(ls, line);
  auto& show =
      add(app, line, "show", "All about a run: steps, failures, events", "drover show last",
          [&line] { return show_run(line.target, line.name, line.json); });
  with_run(show);
  add_json(show, line);
  with_run(add(app, line, "watch", "Follow a run until it ends", "drover watch last",
               [&line] { return watch_run(line.target, line.name); }));
  auto& wait =
      add(app, line, "wait", "Wait until a run ends; its exit status is the run's",
          "drover wait last", [&line] { return wait_run(line.target, line.name, line.json); });
  with_run(wait);
  add_json(wait, line);

  auto& items = add(app, line, "items", "Items of a step, their states and reasons",
                    "drover items last --state failed", [&line] {
                      line.items.run = line.name;
                      line.items.step = optional_word(line.word);
                      line.items.json = line.json;
                      return list_items(line.target, line.items);
                    });
  with_run(items);
  items.add_option("STEP", line.word, "Where more than one step maps");
  items
      .add_option("--state", line.states,
                  "Only items that are waiting, running, retrying, done, failed, skipped or "
                  "cancelled; any other word "
                  "is the scheduler's state folder; may be given again")
      ->check(CLI::Validator(state_problem, "STATE|FOLDER"))
      ->allow_extra_args(false);
  items.add_option("--limit", line.items.limit, "How many")
      ->check(whole_number(1, most_of_32_bits))
      ->capture_default_str();
  items.add_option("--after", line.items.after, "Begin behind this index")
      ->check(whole_number(0, most_of_64_bits));
  add_json(items, line);

  auto& logs = add(app, line, "logs", "What an attempt at an item wrote",
                   "drover logs last frame_0411.jpg --attempt 1", [&line] {
                     line.log.run = line.name;
                     line.log.item = line.item_words;
                     return print_log(line.target, line.log);
                   });
  with_run(logs);
  add_item_words(logs, line.item_words, true);
  logs.add_option("--attempt", line.log.attempt, "From 1 on")
      ->check(whole_number(1, most_of_32_bits))
      ->default_str("the last");

  auto& results =
      add(app, line, "results", "The results of a step, one a line",
          "drover results last summary --json", [&line] {
            return print_results(line.target, line.name, optional_word(line.word), line.json);
          });
  with_run(results);
  results.add_option("STEP", line.word, "Where a run has more than one output");
  add_json(results, line);

  auto& explain_command = add(app, line, "explain", "Why something waits, failed or took long",
                              "drover explain last detections", [&line] {
                                return explain(line.target, line.name, line.item_words, line.json);
                              });
  with_run(explain_command);
  add_item_words(explain_command, line.item_words, false);
  add_json(explain_command, line);
}

void add_other_commands(CLI::App& app, CommandLine& line) {
  auto& call_command = add(app, line, "call", "Run one task once, here, without a scheduler",
                           "drover call detect image=photo.jpg model=nanodet-g-416", [&line] {
                             return drover::tools::call(line.name, line.words, line.tasks);
                           });
  call_command.add_option("TASK", line.name, "Its name")->required();
  call_command.add_option("ARGUMENT", line.words, "name=value");
  call_command
      .add_option("--tasks", line.tasks,
                  "Folder of your task libraries and descriptions; may be given again")
      ->allow_extra_args(false);
  CLI::App* model = app.add_subcommand("model", "Look at detection models");
  model->require_subcommand(1);
  model->footer("Example:  drover model check models/nanodet-g-416");
  CLI::App* check = model->add_subcommand("check", "Say what is wrong with a model's folder");
  check->footer("Example:  drover model check models/nanodet-g-416");
  check
      ->add_option("URI", line.name,
                   "A built-in model's name, or the URI or path of a folder with a model.yaml")
      ->required();
  check->callback([&line] { line.act = [&line] { return check_model(line.name); }; });
  app.add_subcommand("version", "Print the version")->callback([&line] {
    line.act = [] {
      fmt::print("drover {}\n", version());
      return succeeded;
    };
  });
}

/// What commands that are printed repeat of this one.
SchedulerWords scheduler_words(const CLI::App& app, const Target& target) {
  SchedulerWords words;
  if (!target.state.empty()) words.state = " --state " + shell_word(target.state.string());
  if (!target.address.empty()) words.address = " --address " + shell_word(target.address);
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_option_no_throw("--address") != nullptr) {
      words.commands.push_back(command->get_name());
    }
  }
  return words;
}

/// `help` and `help COMMAND` are what `--help` and `COMMAND --help` are.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  return words;
}

int parse_and_act(int argc, char** argv) {
  CommandLine line;
  CLI::App app{"drover: runs a function on every one of many inputs, on a pool of machines.",
               "drover"};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  app.footer(
      "Exit status: 0 succeeded, 1 the run failed, 2 wrong usage or workflow, 3 cancelled, 4 the "
      "scheduler "
      "cannot be reached.\n\nBegin with:  drover up   then   drover run FILE -i name=value");
  add_pool_commands(app, line);
  add_run_commands(app, line);
  add_looking_commands(app, line);
  add_other_commands(app, line);
  const std::vector<std::string> words = words_of(argc, argv);
  try {
    app.parse(
        std::vector<std::string>(words.rbegin(), words.rend()));  // It takes them from the end.
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version.
    fmt::print(stderr, "{}", usage_text(app, error, words));
    return wrong_usage;
  }
  take_states(line);
  name_scheduler_in_commands(scheduler_words(app, line.target));
  return line.act();
}

}  // namespace
}  // namespace drover::tools

int main(int argc, char** argv) { return drover::tools::parse_and_act(argc, argv); }
