#include "agent/worker/command/command_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "agent/worker/command/command_process.hpp"
#include "agent/worker/command/stderr_tail.hpp"
#include "agent/worker/signal_name.hpp"
#include "common/check.hpp"
#include "common/types/codec.hpp"
#include "common/types/json.hpp"
#include "common/utf8.hpp"

namespace drover::worker {
namespace {

using Json = nlohmann::ordered_json;

constexpr int cannot_run = 127;  ///< Exit status of a program that could not be started.

/// Some libraries print floats that JSON does not know.
std::string no_number_hint(std::string_view text) {
  if (text.find("NaN") == std::string_view::npos && text.find("Infinity") == std::string_view::npos)
    return {};
  return "; JSON has no NaN and no Infinity: print \"nan\", \"inf\" or \"-inf\"";
}

class CommandTask final : public sdk::TaskObject {
 public:
  explicit CommandTask(CommandSpec spec)
      : spec_(std::move(spec)), program_(name_of(spec_.command)) {}

  void call(const sdk::Call& call, Context& context, sdk::Outcomes& outcomes) override {
    step_ = context.step();
    auto input = input_of(call);
    if (!input) {
      outcomes.failed(failure(input.error().context, Cause::UserError, true));
      return;
    }
    stderr_ = StderrTail();
    if (spec_.persistent) {
      answer_by_line(*input, call.list_sink(), outcomes);
    } else {
      answer_by_output(*input, call.list_sink(), outcomes);
    }
  }

 private:
  /// `text` behind the names of task and step: many tasks are the same program.
  sdk::Failure failure(std::string_view text, Cause cause = Cause::UserError,
                       bool permanent = false) const {
    return {cause, fmt::format("task '{}', step '{}': {}", spec_.signature.name, step_, text),
            permanent};
  }
  sdk::Failure wrong(std::string_view text) const { return failure(text); }

  Result<Json> input_of(const sdk::Call& call) const {
    Json input = Json::object();
    for (std::size_t i = 0; i < spec_.signature.args.size(); ++i) {
      const auto& [name, type] = spec_.signature.args[i];
      auto value =
          call.is_list(i) ? call.whole_list(i) : Result<std::string_view>(call.value(i, 0));
      if (!value) return fail(fmt::format("argument '{}'", name), value.error());
      auto json = to_json(*value, type);
      if (!json) return fail(fmt::format("argument '{}'", name), json.error());
      input[name] = std::move(*json);
    }
    return input;
  }

  /// On one line. What is not UTF-8 cannot be JSON.
  static std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  void answer_by_output(const Json& input, sdk::ElementSink* sink, sdk::Outcomes& outcomes) {
    auto process = CommandProcess::start(spec_.command, spec_.folder);
    if (!process) return outcomes.failed(wrong(process.error().context));
    const auto output = process->exchange_all(line_of(input));
    if (!output) {
      return outcomes.failed(wrong(fmt::format("{}: {}", program_, output.error().context)));
    }
    const auto ending = process->wait();
    if (ending.signal || ending.exit_status != 0) return outcomes.failed(failure_of(ending));
    if (const auto at = first_not_utf8(*output); at != output->size())
      return outcomes.failed(not_utf8(*output, at));
    const auto json = Json::parse(*output, nullptr, false);
    if (json.is_discarded()) {
      const std::string printed =
          output->empty()
              ? "nothing on its stdout, where its result should be"
              : fmt::format(
                    "{} on its stdout, which is for the result only, as JSON: print logs to "
                    "stderr{}",
                    quoted(*output), no_number_hint(*output));
      outcomes.failed(wrong(fmt::format("{} printed {}{}", program_, printed, last_words())));
    } else if (json.is_object() && json.contains("error") && !has_error_field()) {
      outcomes.failed(said_failure(json));
    } else {
      take(json, sink, outcomes);
    }
  }

  void answer_by_line(const Json& input, sdk::ElementSink* sink, sdk::Outcomes& outcomes) {
    // What it printed after its last answer is none to this call; and it may have ended since.
    if (running_ && !running_->waits()) running_.reset();
    const bool is_new = !running_;
    if (is_new) {
      auto process = CommandProcess::start(spec_.command, spec_.folder);
      if (!process) return outcomes.failed(wrong(process.error().context));
      running_.emplace(std::move(*process));
    }
    const std::uint64_t id = ++calls_;
    const auto line = running_->exchange_line(line_of({{"id", id}, {"args", input}}));
    if (line && *line && take_answer(**line, id, sink, outcomes)) return;
    std::optional<CommandProcess::Ending> ending;
    if (line && !*line) ending = running_->wait();
    running_.reset();  // The next call finds a new one.
    if (!line) return outcomes.failed(wrong(fmt::format("{}: {}", program_, line.error().context)));
    if (!ending) return;
    // It may have left after its last answer, before it saw this call.
    const bool left = !ending->signal && ending->exit_status == 0;
    if (left && !is_new) return answer_by_line(input, sink, outcomes);
    outcomes.failed(failure_of(*ending));
  }

  /// False where the line does not answer the call, which has failed then: the program is out of
  /// step.
  bool take_answer(const std::string& line, std::uint64_t id, sdk::ElementSink* sink,
                   sdk::Outcomes& outcomes) const {
    if (const auto at = first_not_utf8(line); at != line.size()) {
      outcomes.failed(not_utf8(line, at));
      return false;
    }
    const auto json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.value("id", Json()) == id) {
      if (json.contains("error")) {
        outcomes.failed(said_failure(json));
        return true;
      }
      if (json.contains("result")) {
        take(json["result"], sink, outcomes);
        return true;
      }
    }
    outcomes.failed(
        wrong(fmt::format("{} printed {} on its stdout, where its answer should be: {{\"id\": {}, "
                          "\"result\": ...}}, with the id it was given; stdout is for answers "
                          "only: print logs to stderr{}{}",
                          program_, quoted(line), id,
                          json.is_discarded() ? no_number_hint(line) : "", last_words())));
    return false;
  }

  /// The beginning of what a program printed, on one line and in double quotes: failures that
  /// differ in such text only are of one kind (scheduler/core/failure_signature.hpp).
  static std::string quoted(const std::string& text) {
    constexpr std::size_t shown = 80;
    std::string whole = text.substr(0, text.find_last_not_of(" \r\n") + 1);
    std::replace(whole.begin(), whole.end(), '\n', ' ');
    if (whole.size() > shown) whole = whole.substr(0, shown) + "...";
    return Json(whole).dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  /// What the program itself says that went wrong.
  static sdk::Failure said_failure(const Json& json) {
    const auto& text = json["error"];
    const auto permanent = json.find("permanent");
    return {Cause::UserError, text.is_string() ? text.get<std::string>() : text.dump(),
            permanent != json.end() && permanent->is_boolean() && permanent->get<bool>()};
  }

  /// Why the program probably left, in its own words.
  std::string last_words() const {
    const std::string line = stderr_.last_line();
    return line.empty() ? "" : fmt::format("; the last line on its stderr: {}", line);
  }

  sdk::Failure failure_of(const CommandProcess::Ending& ending) const {
    if (ending.signal) {
      return failure(
          fmt::format("{} was ended by {}{}", program_, signal_name(*ending.signal), last_words()),
          Cause::Crash);
    }
    if (ending.exit_status == cannot_run) {
      return wrong(fmt::format("{} cannot be run in {}: is it there, and may it be executed?",
                               spec_.command.front(), spec_.folder.string()));
    }
    return wrong(fmt::format("{} left with exit status {}{}{}", program_, ending.exit_status,
                             spec_.persistent ? " before it answered" : "", last_words()));
  }

  /// An object with `error` says that there is no result, unless results have a field of that name.
  bool has_error_field() const {
    const auto& type = spec_.signature.returns;
    if (!type.is(Type::Kind::Struct)) return false;
    return std::any_of(type.fields().begin(), type.fields().end(),
                       [](const Field& field) { return field.name == "error"; });
  }

  /// What the program printed is not UTF-8 at byte `at`.
  sdk::Failure not_utf8(const std::string& answer, std::size_t at) const {
    // The byte is in some string; a character that no answer has shows in which.
    constexpr std::string_view marker = "\xef\xb7\x90";  // U+FDD0, which Unicode keeps from texts
    const auto json = Json::parse(
        repaired_utf8(answer.substr(0, at) + std::string(marker) + answer.substr(at + 1)), nullptr,
        false);
    std::string where;
    if (!json.is_discarded()) {
      const auto flat = json.flatten();
      for (const auto& [path, value] : flat.items()) {
        if (!value.is_string()) continue;
        const auto found = value.get_ref<const std::string&>().find(marker);
        if (found == std::string::npos) continue;
        where = fmt::format(" (byte {} of {})", found, path.empty() ? "the text" : path);
        break;
      }
    }
    return failure(fmt::format("what {} printed is not UTF-8 at byte {}{}: print UTF-8, or return "
                               "what is no text as bytes, in base64",
                               program_, at, where),
                   Cause::UserError, true);
  }

  void take(const Json& json, sdk::ElementSink* sink, sdk::Outcomes& outcomes) const {
    auto value = from_json(json, spec_.signature.returns);
    if (!value) {
      outcomes.failed(
          wrong(fmt::format("what {} printed is no {}: {}", program_,
                            to_string(spec_.signature.returns), value.error().context)));
      return;
    }
    give(*value, sink, outcomes);
  }

  void give(const std::string& value, sdk::ElementSink* sink, sdk::Outcomes& outcomes) const {
    if (sink == nullptr || !spec_.signature.returns.is(Type::Kind::List)) {
      outcomes.value() += value;
      outcomes.done();
      return;
    }
    const auto elements = array_elements(value);
    CHECK(elements, "{}", elements.error().context);
    for (const auto element : *elements) {
      if (auto pushed = sink->push(element, 0); !pushed) {
        outcomes.failed(wrong(pushed.error().context));
        return;
      }
    }
    outcomes.done();
  }

  CommandSpec spec_;
  std::string program_;                    // as errors name it
  std::string step_;                       // of the present call
  StderrTail stderr_;                      // since the present call began
  std::optional<CommandProcess> running_;  // a persistent program between two items
  std::uint64_t calls_ = 0;                // of persistent programs
};

}  // namespace

sdk::TaskDescription describe(CommandSpec spec) {
  sdk::TaskDescription task;
  task.signature = to_string(spec.signature);
  task.make = [spec = std::move(spec)](
                  std::span<const std::string_view>) -> Result<std::unique_ptr<sdk::TaskObject>> {
    return std::make_unique<CommandTask>(spec);
  };
  return task;
}

}  // namespace drover::worker
