#include "tests/scenarios/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <sstream>

#include "common/check.hpp"

namespace drover::testing {

using namespace scheduler;

namespace {

constexpr std::int64_t first_epoch = 7;

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  CHECK(error == std::errc() && end == text.data() + text.size(), "'{}' is not a number", text);
  return value;
}

/// `a1` and `r1` are 1.
std::uint8_t id_of(std::string_view text) {
  CHECK(text.size() > 1 && (text[0] == 'a' || text[0] == 'r'), "'{}' is neither an agent nor a run",
        text);
  return static_cast<std::uint8_t>(number(text.substr(1)));
}

LeaseId lease_of(std::string_view text) {
  const auto dot = text.find('.');
  CHECK(dot != std::string_view::npos, "'{}' is not a lease", text);
  return LeaseId{number(text.substr(0, dot)), number(text.substr(dot + 1))};
}

/// `[2,5)`
Range range_of(std::string_view text) {
  const auto comma = text.find(',');
  CHECK(comma != std::string_view::npos && text.front() == '[' && text.back() == ')',
        "'{}' is not a range", text);
  return Range{number(text.substr(1, comma - 1)),
               number(text.substr(comma + 1, text.size() - comma - 2))};
}

Cause cause_of(const std::string& text) {
  const auto cause = cause_named(text);
  CHECK(cause.has_value(), "'{}' is not a cause", text);
  return *cause;
}

/// The steps that options name, in order; what follows a step belongs to it.
std::vector<PlanStep> steps_of(const Command& command) {
  std::vector<PlanStep> steps;
  for (const auto& [name, value] : command.options) {
    if (name == "map") {
      steps.push_back(map_of_constants(number(value)));
      continue;
    }
    CHECK(!steps.empty() || name == "step", "'{}' stands before any step", name);
    if (name == "step") {
      const auto last = static_cast<std::uint32_t>(steps.size()) - 1;
      if (value == "list") steps.push_back(listing_step());
      if (value == "map") steps.push_back(map_over(last));
      if (value == "reduce") steps.push_back(reduce_of(last));
      continue;
    }
    auto& options = steps.back().options;
    if (name == "batch") options.batch = static_cast<std::uint32_t>(number(value));
    if (name == "concurrency") options.concurrency = static_cast<std::uint32_t>(number(value));
    if (name == "allow_failed") options.allow_failed.count = number(value);
    if (name == "stop_when_exceeded") options.stop_when_exceeded = value == "true";
    if (name == "canary") options.canary = value == "true";
    if (name == "retries") {
      const auto count = static_cast<std::uint32_t>(number(value));
      options.retries = {count, count, count, options.retries.user_error};
    }
    if (name == "retry_errors")
      options.retries.user_error = static_cast<std::uint32_t>(number(value));
  }
  return steps;
}

}  // namespace

Command Command::parse(std::string_view line) {
  Command command;
  std::istringstream words{std::string(line)};
  words >> command.verb;
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      command.words.push_back(word);
    } else {
      command.options.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return command;
}

std::optional<std::string> Command::option(std::string_view name) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const auto& option) { return option.first == name; });
  return found == options.end() ? std::nullopt : std::optional(found->second);
}

Scenario::Scenario() : store_(Store::open_in_memory()) {
  bench_.show_events = true;
  CHECK(store_ && store_->load(first_epoch));
}

std::vector<std::string> Scenario::note(std::vector<std::string> effects) {
  for (const auto& effect : bench_.effects) {
    if (const auto* persist = std::get_if<Persist>(&effect)) saved_.push_back(persist->save);
    if (const auto* grant = std::get_if<SendGrant>(&effect)) {
      leases_[grant->lease] = wire::LeaseReport{
          grant->lease, grant->opening, grant->step.run, grant->step.step, grant->slot, {}, {}};
    }
  }
  return effects;
}

std::vector<std::string> Scenario::commit() {
  const auto applied = store_->apply(saved_);
  CHECK(applied.has_value(), "{}", applied.error().context);
  saved_.clear();
  return note(bench_.commit());
}

std::vector<std::string> Scenario::run(const Command& command) {
  const auto& words = command.words;
  const auto& verb = command.verb;
  if (verb == "join") return join(command);
  if (verb == "submit") return submit(command);
  if (verb == "rerun") return rerun(command);
  if (verb == "commit") return commit();
  if (verb == "results") return results(command);
  if (verb == "list") return list(command);
  if (verb == "died") return died(command);
  if (verb == "wait") return wait(command);
  if (verb == "restart") return restart();
  if (verb == "cancel") return note(bench_.cancel(id_of(words.at(0))));
  if (verb == "heartbeat") return note(bench_.heartbeat(id_of(words.at(0))));
  if (verb == "close") return note(bench_.close(id_of(words.at(0))));
  if (verb == "goodbye") {
    const auto agent = id_of(words.at(0));
    return note(
        bench_.step(GoodbyeReceived{agent_id(agent), bench_.session_of(agent), {"stopped"}}));
  }
  if (verb == "released") {
    std::vector<Range> items;
    if (words.size() > 2) items.push_back(range_of(words[2]));
    return note(bench_.released(id_of(words.at(0)), lease_of(words.at(1)), items));
  }
  if (verb == "shortened")
    return note(bench_.step(GrantShortened{lease_of(words.at(0)), number(words.at(1))}));
  if (verb == "refused")
    return note(bench_.step(GrantRefused{lease_of(words.at(0)), "its input is missing"}));
  if (verb == "full") return note(bench_.step(StoreFull{}));
  if (verb == "room") return note(bench_.step(StoreHasRoom{}));
  CHECK(false, "no command '{}'", verb);
  return {};
}

/// `7.1:held[0,2)unanswered[2,3)`
wire::LeaseReport Scenario::report(const std::string& text) const {
  const auto colon = text.find(':');
  const auto known = leases_.find(lease_of(text.substr(0, colon)));
  CHECK(known != leases_.end(), "lease '{}' was never granted", text.substr(0, colon));
  wire::LeaseReport report = known->second;
  for (std::size_t at = colon; at != std::string::npos && at + 1 < text.size();) {
    const auto open = text.find('[', at);
    const auto close = text.find(')', open);
    const Range items = range_of(text.substr(open, close - open + 1));
    (text[at + 1] == 'h' ? report.held : report.unanswered).push_back(items);
    at = close;
  }
  return report;
}

std::vector<std::string> Scenario::join(const Command& command) {
  std::vector<wire::LeaseReport> reports;
  for (const auto& [name, value] : command.options) {
    if (name == "report") reports.push_back(report(value));
  }
  const auto slots = static_cast<std::uint32_t>(number(command.option("slots").value_or("1")));
  return note(bench_.hello(id_of(command.words.at(0)), slots, std::move(reports)));
}

std::vector<std::string> Scenario::submit(const Command& command) {
  const auto run = id_of(command.words.at(0));
  plans_[run_id(run)] = plan_of(steps_of(command));
  return note(bench_.submit(run, plans_.at(run_id(run))));
}

/// Takes over what is done; failed items run again.
std::vector<std::string> Scenario::rerun(const Command& command) {
  const RunId run = run_id(id_of(command.words.at(0)));
  const RunId parent = run_id(id_of(command.words.at(1)));
  const auto stored = store_->stored_run(parent);
  CHECK(stored.has_value(), "{}", stored.error().context);
  std::vector<TakenOver> taken;
  for (const auto& step : stored->steps) {
    taken.push_back(TakenOver{step.state == StepState::Succeeded,
                              step.count,
                              step.done,
                              {},
                              step.skipped,
                              step.list_size});
  }
  plans_[run] = plans_.at(parent);
  return note(bench_.step(
      Submitted{ClientToken{99}, run, spec_of("flow"), plans_.at(run), parent, std::move(taken)}));
}

std::vector<std::string> Scenario::results(const Command& command) {
  std::vector<wire::ItemFailure> failures;
  for (const auto& [name, value] : command.options) {
    if (name == "failed")
      failures.push_back({number(value), Cause::UserError, "not an image", false});
  }
  const auto milliseconds = number(command.option("ms").value_or("10000"));
  return note(bench_.results(id_of(command.words.at(0)), lease_of(command.words.at(1)),
                             range_of(command.words.at(2)), std::move(failures),
                             static_cast<float>(milliseconds) / 1000.0F));
}

/// A plain step's list of so many elements: one chunk, and its results.
std::vector<std::string> Scenario::list(const Command& command) {
  const auto agent = id_of(command.words.at(0));
  const auto lease = lease_of(command.words.at(1));
  auto chunk = std::make_shared<wire::PutChunk>();
  chunk->lease = lease;
  for (std::uint64_t i = 0; i < number(command.words.at(2)); ++i) chunk->columns.push_back("\x07");
  auto effects = note(bench_.step(ChunkReceived{agent_id(agent), bench_.session_of(agent), chunk}));
  auto results = std::make_shared<wire::Results>();
  results->lease = lease;
  results->columns.push_back("");
  results->list_size = chunk->columns.size();
  for (auto& more :
       note(bench_.step(ResultsReceived{agent_id(agent), bench_.session_of(agent), results}))) {
    effects.push_back(std::move(more));
  }
  return effects;
}

std::vector<std::string> Scenario::died(const Command& command) {
  std::vector<Range> rest;
  Range call;
  for (const auto& [name, value] : command.options) {
    if (name == "rest") rest.push_back(range_of(value));
    if (name == "call") call = range_of(value);
  }
  return note(bench_.call_failed(id_of(command.words.at(0)), lease_of(command.words.at(1)), call,
                                 std::move(rest),
                                 cause_of(command.option("cause").value_or("crash"))));
}

/// Seconds, one by one; the agents named are heard in each.
std::vector<std::string> Scenario::wait(const Command& command) {
  std::vector<std::string> effects;
  for (std::uint64_t second = 0; second < number(command.words.at(0)); ++second) {
    for (const auto& [name, value] : command.options) {
      if (name == "heard") note(bench_.heartbeat(id_of(value)));
    }
    for (auto& effect : note(bench_.after(std::chrono::seconds(1))))
      effects.push_back(std::move(effect));
  }
  return effects;
}

/// The process is killed and started again: what was not committed is gone.
std::vector<std::string> Scenario::restart() {
  saved_.clear();
  auto stored = store_->load(0);
  CHECK(stored.has_value());
  bench_.state = recover(*stored, plans_, bench_.now, 1);
  return note(bench_.step(Started{}));
}

std::string played(const std::string& text) {
  constexpr std::size_t arrow_column = 44;
  constexpr std::size_t width = 118;
  const std::string arrow = "→  ";
  Scenario scenario;
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const auto text_at = line.find_first_not_of(' ');
    if (text_at == std::string::npos || line[text_at] == '#') {
      out += line + "\n";
      continue;
    }
    if (line.substr(text_at).starts_with("·")) continue;  // Effects of the command before.
    std::string command = line.substr(0, line.find("→"));
    while (!command.empty() && command.back() == ' ') command.pop_back();
    const auto effects = scenario.run(Command::parse(command));
    if (command.size() < arrow_column) command.append(arrow_column - command.size(), ' ');
    std::string at = command + (command.back() == ' ' ? "" : "  ") + arrow +
                     (effects.empty() ? "nothing" : effects[0]);
    for (std::size_t i = 1; i < effects.size(); ++i) {
      if (at.size() + effects[i].size() > width) {
        out += at + "\n";
        at = std::string(arrow_column + 3, ' ') + "· " + effects[i];
      } else {
        at += " · " + effects[i];
      }
    }
    out += at + "\n";
  }
  return out;
}

}  // namespace drover::testing
