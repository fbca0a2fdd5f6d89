#include "tools/render/run_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/spelling.hpp"
#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

constexpr std::size_t longest_bar = 28;
constexpr std::size_t shortest_bar = 4;
constexpr std::size_t any_width = 1'000'000;
constexpr std::size_t text_column = 13;  // Where what stands behind a label begins.
constexpr std::string_view between_parts = "   ";

Ink ink_of(const std::string& state) {
  if (state == "succeeded" || state == "done") return Ink::Green;
  if (state == "failed") return Ink::Red;
  if (state == "retrying" || state == "cancelled") return Ink::Yellow;
  return Ink::Plain;
}

std::uint64_t ended(const wire::StepStatus& step) {
  return step.done + step.failed + step.skipped + step.cancelled;
}

/// Eighths of a cell make a bar smooth.
std::string bar(double share, std::size_t bar_cells) {
  static constexpr std::array eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto parts =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(bar_cells * 8));
  std::string text;
  for (std::size_t i = 0; i < parts / 8; ++i) text += "█";
  text += eighths[parts % 8];
  return padded(text, bar_cells);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += between;
    text += part;
  }
  return text;
}

std::string time_left(const wire::StepStatus& step) {
  const double rate = items_per_second(step);
  if (rate <= 0 || !step.total) return "";
  return rough_duration(static_cast<double>(*step.total - ended(step)) / rate) + " left";
}

/// `3 failed · 2 retrying`: what is not plain progress.
std::string troubles(const wire::StepStatus& step) {
  return joined({step.failed > 0 ? with_commas(step.failed) + " failed" : "",
                 step.retrying > 0 ? with_commas(step.retrying) + " retrying" : "",
                 step.skipped > 0 ? with_commas(step.skipped) + " skipped" : ""},
                " · ");
}

/// What is known of a step that runs, as much of it as has room.
std::string running_text(const wire::RunStatus& run, const wire::StepStatus& step,
                         std::size_t cells) {
  if (!step.map) return "running";
  const std::uint64_t total = step.total.value_or(0);
  const double share =
      total == 0 ? 0 : static_cast<double>(ended(step)) / static_cast<double>(total);
  const std::string counts = fmt::format("{}/{}", with_commas(ended(step)), with_commas(total));
  std::string rate = rate_text(items_per_second(step));
  std::string left = time_left(step);
  std::string slots = fmt::format("{} of {} slot{} busy", step.slots_in_use, run.slots_total,
                                  run.slots_total == 1 ? "" : "s");
  const auto text_with = [&](const std::string& before) {
    return joined({before, counts, rate, left, troubles(step), slots}, between_parts);
  };
  const auto room_for_bar = [&] {
    const std::size_t used = width_of(text_with("")) + between_parts.size();
    return cells > used ? cells - used : 0;
  };
  // The least telling goes first, then the bar gets shorter; what failed stays to the last.
  for (std::string* part : {&slots, &rate, &left}) {
    if (room_for_bar() < longest_bar) part->clear();
  }
  const std::size_t room = std::min(room_for_bar(), longest_bar);
  return text_with(room < shortest_bar ? "" : bar(share, room));
}

bool stands(const wire::StepStatus& step) {
  return step.state == "running" && !step.reason.empty();
}

/// A step none of whose items runs, and why: that is worth more than a bar.
std::string standing_text(const wire::StepStatus& step) {
  const std::string counts =
      step.map ? fmt::format("{}/{}", with_commas(ended(step)), with_commas(step.total.value_or(0)))
               : "";
  return joined({counts, troubles(step), "waits: " + step.reason}, between_parts);
}

/// The numbers in a reason count down; without them it is another one only where its words are.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

std::string ended_text(const wire::RunStatus& run, const wire::StepStatus& step) {
  std::string what = step.state;
  if (step.state == "cancelled" && step.map) {
    if (!step.total || *step.total == 0) return "did not run";
    return fmt::format("cancelled  {} done, {} not", with_commas(step.done),
                       with_commas(*step.total - step.done));
  }
  if (step.map) {
    what += " " + counted(step.done, run.item_word);
    if (const auto bad = troubles(step); !bad.empty()) what += ", " + bad;
  } else if (step.list_size > 0) {
    what += " " + counted(step.list_size, run.item_word);
  }
  if (step.state == "failed" || step.state == "cancelled") {
    return step.reason == step.state ? what : joined({what, step.reason}, ": ");
  }
  return fmt::format("{}  {}", what, duration_text(step.seconds));
}

std::string step_text(const wire::RunStatus& run, const wire::StepStatus& step, std::size_t cells) {
  if (stands(step)) return standing_text(step);
  if (step.state == "running") return running_text(run, step, cells);
  if (step.state != "waiting") return ended_text(run, step);
  if (!step.waits_for.empty()) return "waiting for " + joined(step.waits_for, ", ");
  return step.reason.empty() ? "waiting" : "waiting: " + step.reason;
}

std::size_t name_width(const wire::RunStatus& run) {
  std::size_t width = 10;
  for (const auto& step : run.steps) width = std::max(width, width_of(step.name));
  return width;
}

/// The map steps together, for the one line that says how many items went how.
struct Items {
  std::uint64_t done = 0, failed = 0, skipped = 0, cancelled = 0, kept = 0;
  double item_seconds = 0, slot_seconds = 0, seconds = 0;
  std::string allowed;
};

std::string allowed_text(const wire::StepStatus& step) {
  if (step.allow_failed.empty()) return "";
  std::string text = step.allow_failed;
  if (text.ends_with('%')) text.insert(text.size() - 1, " ");
  return fmt::format(" (allowed: {})", text);
}

std::string items_line(const wire::RunStatus& run, const wire::StepStatus& step) {
  std::string line = fmt::format("{} done", with_commas(step.done));
  if (step.failed > 0)
    line += fmt::format(", {} failed{}", with_commas(step.failed), allowed_text(step));
  if (step.skipped > 0) line += fmt::format(", {} skipped", with_commas(step.skipped));
  if (step.cancelled > 0) line += fmt::format(", {} not done", with_commas(step.cancelled));
  if (step.kept > 0)
    line += fmt::format(", {} of them kept from {}", with_commas(step.kept),
                        run.parent ? to_string(*run.parent).substr(0, 4) : "before");
  if (step.seconds > 0 && step.done > 0) {
    const double rate =
        static_cast<double>(step.done - std::min(step.done, step.kept)) / step.seconds;
    if (rate > 0) {
      std::string text = rate_text(rate);
      line += fmt::format("   {} {}{}", text.substr(0, text.find('/')), plural(run.item_word, 2),
                          text.substr(text.find('/')));
    }
  }
  if (step.slot_seconds > 0) {
    line += fmt::format(" · {:.1f} % of slot time spent on {}",
                        std::min(100.0, 100 * step.item_seconds / step.slot_seconds),
                        plural(run.item_word, 2));
  }
  return line;
}

std::string headline(const wire::RunStatus& run, const Terminal& terminal) {
  const std::string state = inked(terminal, ink_of(run.state), run.state);
  const std::string time = duration_text(run.seconds);
  if (run.state == "failed") {
    return fmt::format("run {}  {} after {}: {}", run.short_id, state, time, run.reason);
  }
  return fmt::format("run {}  {} {} {}", run.short_id, state,
                     run.state == "succeeded" ? "in" : "after", time);
}

/// Lines that stay, broken at blanks where the terminal is narrower; a pipe gets them whole.
std::vector<std::string> fitted(const std::vector<std::string>& lines, const Terminal& terminal,
                                std::size_t indent) {
  if (!terminal.live) return lines;
  std::vector<std::string> fitting;
  for (const auto& line : lines) {
    for (auto& part : broken_at_blanks(line, terminal.width, indent)) {
      fitting.push_back(std::move(part));
    }
  }
  return fitting;
}

const wire::StepStatus* step_of(const wire::RunStatus& run, const wire::FailureGroup& group) {
  const auto found = std::find_if(run.steps.begin(), run.steps.end(),
                                  [&](const auto& step) { return step.name == group.step; });
  return found == run.steps.end() ? nullptr : &*found;
}

/// A failure of a step that runs once: the head of the summary has its reason.
bool is_of_plain_step(const wire::RunStatus& run, const wire::FailureGroup& group) {
  const auto* step = step_of(run, group);
  return step != nullptr && !step->map;
}

std::string example_of(const wire::FailureGroup& group) {
  const std::string key =
      group.example_key.empty() ? std::to_string(group.example_item) : group.example_key;
  const auto slash = key.rfind('/');
  return slash == std::string::npos ? key : key.substr(slash + 1);
}

std::size_t map_steps(const wire::RunStatus& run) {
  return static_cast<std::size_t>(std::count_if(
      run.steps.begin(), run.steps.end(), [](const wire::StepStatus& step) { return step.map; }));
}

void add_failures(const wire::RunStatus& run, std::vector<std::string>& lines) {
  constexpr std::size_t shown = 8;
  std::vector<const wire::FailureGroup*> groups;
  for (const auto& group : run.failures) {
    if (!is_of_plain_step(run, group)) groups.push_back(&group);
  }
  std::size_t width = 1;
  for (const auto* group : groups) width = std::max(width, with_commas(group->count).size());
  for (std::size_t i = 0; i < std::min(shown, groups.size()); ++i) {
    const auto& group = *groups[i];
    lines.push_back(fmt::format("  {:<10} {}  {}{}        {}{}", i == 0 ? "failed" : "",
                                padded(with_commas(group.count), width, true),
                                map_steps(run) > 1 ? group.step + ": " : "", one_line(group.text),
                                group.count > 1 ? "e.g. " : "", example_of(group)));
  }
  if (groups.size() > shown) {
    lines.push_back(fmt::format("  {:<10} … {} more kinds:  drover show {}", "",
                                groups.size() - shown, run.short_id));
  }
}

/// What a rerun with --failed does, of all steps.
std::string only_failed_text(const wire::RunStatus& run) {
  std::uint64_t failed = 0, done = 0;
  for (const auto& step : run.steps) {
    if (!step.map) continue;
    failed += step.failed;
    done += step.done;
  }
  std::string text =
      fmt::format("a new run of only {} {}", failed == 1 ? "this" : "these", with_commas(failed));
  if (done > 0) text += fmt::format(", {} result{} kept", with_commas(done), done == 1 ? "" : "s");
  return text;
}

/// The map step whose failures a person looks at first.
const wire::StepStatus* failed_step(const wire::RunStatus& run) {
  const wire::StepStatus* first = nullptr;
  for (const auto& step : run.steps) {
    if (!step.map || step.failed == 0) continue;
    if (first == nullptr || (step.state == "failed" && first->state != "failed")) first = &step;
  }
  return first;
}

/// `next:  COMMAND    what it does`; what it does goes below where it does not fit beside.
std::vector<std::string> lines_of_commands(
    const std::vector<std::pair<std::string, std::string>>& commands, const Terminal& terminal) {
  constexpr std::size_t indent = 7, between = 4;
  std::size_t width = 0, widest = 0;
  for (const auto& [command, what] : commands) width = std::max(width, width_of(command));
  for (const auto& [command, what] : commands)
    widest = std::max(widest, indent + width + between + width_of(what));
  const bool beside = !terminal.live || widest <= terminal.width;
  std::vector<std::string> lines;
  for (const auto& [command, what] : commands) {
    const std::string head = fmt::format("{:<{}}", lines.empty() ? "next:" : "", indent);
    if (beside) {
      lines.push_back(head + padded(command, width + between) + what);
      continue;
    }
    lines.push_back(head + command);
    for (auto& line : fitted({std::string(indent + 2, ' ') + what}, terminal, indent + 2))
      lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

double items_per_second(const wire::StepStatus& step) {
  if (step.seconds <= 0) return 0;
  const std::uint64_t own = ended(step) - std::min(ended(step), step.kept);
  return static_cast<double>(own) / step.seconds;
}

std::vector<std::string> progress_lines(const wire::RunStatus& run, const Terminal& terminal) {
  const std::size_t cells = terminal.width > 1 ? terminal.width - 1 : 1;  // The last one breaks.
  std::vector<std::string> lines{cut_to(fmt::format("run {}  {}", run.short_id, run.name), cells)};
  const std::size_t width = std::min(name_width(run), std::max<std::size_t>(cells / 4, 4));
  const std::size_t room = cells > width + 4 ? cells - width - 4 : 1;
  for (const auto& step : run.steps) {
    const std::string text = step_text(run, step, room);
    const auto parts = stands(step) ? broken_at_blanks(text, room, 0) : std::vector{text};
    for (const auto& part : parts) {
      const std::string name = &part == &parts.front() ? cut_to(step.name, width) : "";
      lines.push_back(fmt::format("  {}  {}", padded(name, width),
                                  inked(terminal, ink_of(step.state), cut_to(part, room))));
    }
  }
  if (!run.events.empty() && run.state == "running") {
    const auto& last = run.events.back();
    if (run.now_ms - last.at_ms < 10'000) {
      lines.push_back("  " +
                      inked(terminal, Ink::Yellow, cut_to(last.text, cells > 2 ? cells - 2 : 1)));
    }
  }
  return lines;
}

std::vector<std::string> progress_report(const wire::RunStatus& before,
                                         const wire::RunStatus& now) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < now.steps.size(); ++i) {
    const auto& step = now.steps[i];
    const bool known = i < before.steps.size();
    const bool state_changed = !known || before.steps[i].state != step.state;
    const bool moved = known && ended(before.steps[i]) != ended(step);
    const bool stopped = stands(step) && (!known || without_digits(before.steps[i].reason) !=
                                                        without_digits(step.reason));
    if (step.state == "waiting" && !state_changed) continue;
    if (!state_changed && !stopped && !(step.state == "running" && moved)) continue;
    std::string text;
    if (stands(step)) {
      text = standing_text(step);
    } else if (step.state == "running" && step.map) {
      text = joined(
          {fmt::format("{}/{}", with_commas(ended(step)), with_commas(step.total.value_or(0))),
           rate_text(items_per_second(step)), time_left(step), troubles(step)},
          "  ");
    } else {
      text = step_text(now, step, any_width);
    }
    lines.push_back(fmt::format("{}: {}", step.name, text));
  }
  std::string kind;  // Of the event before: forty deaths in a row are told once.
  for (const auto& event : now.events) {
    const bool old =
        std::find(before.events.begin(), before.events.end(), event) != before.events.end();
    const std::string kind_before = std::exchange(kind, without_digits(event.text));
    if (old || before.steps.empty()) continue;
    if (kind != kind_before) lines.push_back(event.text);
  }
  return lines;
}

std::vector<std::string> summary_lines(const wire::RunStatus& run,
                                       const std::vector<std::string>& outputs,
                                       const Terminal& terminal) {
  std::vector<std::string> lines{headline(run, terminal), ""};
  for (const auto& step : run.steps) {
    if (!step.map || !step.total) continue;
    // What one step does with them is not what another does: more than one go by their names.
    const std::string name = map_steps(run) == 1 ? plural(run.item_word, 2) : step.name;
    lines.push_back(fmt::format("  {} {}", padded(name, 10), items_line(run, step)));
  }
  add_failures(run, lines);
  lines.insert(lines.end(), outputs.begin(), outputs.end());
  if (run.state == "failed") {
    for (const auto& step : run.steps) {
      if (step.state == "cancelled")
        lines.push_back(fmt::format("  {:<10} '{}' did not run", "", step.name));
    }
  }
  return fitted(lines, terminal, text_column);
}

std::vector<std::string> next_lines(const wire::RunStatus& run, const Terminal& terminal,
                                    bool printed) {
  std::vector<std::pair<std::string, std::string>> next;
  const auto* step = failed_step(run);
  if (!run.failures.empty()) {
    const auto& first = run.failures.front();
    const bool plain = is_of_plain_step(run, first);
    const auto maps = map_steps(run);
    const std::string item = shell_word(plain ? first.step : example_of(first));
    if (printed) {
      const std::string which = plain || maps == 1 ? "" : " --step " + first.step;
      next.emplace_back(fmt::format("drover logs {} {}{}", run.short_id, item, which),
                        "what its attempt printed");
    } else {
      const std::string which = plain || maps == 1 ? "" : first.step + " ";
      next.emplace_back(fmt::format("drover explain {} {}{}", run.short_id, which, item),
                        "where and how often it was tried");
    }
    if (plain && run.state == "failed") {
      next.emplace_back(fmt::format("drover rerun {}", run.short_id),
                        "a new run, once that is mended; what is done is kept");
    }
  }
  if (step != nullptr) {
    if (run.state == "failed" && step->state == "failed" && step->done > 0) {
      const double share =
          100.0 * static_cast<double>(step->failed) / static_cast<double>(step->total.value_or(1));
      next.emplace_back(
          fmt::format("drover rerun {} --allow-failed {:.0f}%", run.short_id, std::ceil(share)),
          "keeps the results, runs only what follows");
    }
    next.emplace_back(fmt::format("drover rerun {} --failed", run.short_id), only_failed_text(run));
  }
  if (run.state == "cancelled") {
    next.emplace_back(fmt::format("drover rerun {}", run.short_id), "a new run of what is missing");
  }
  next.emplace_back(fmt::format("drover show {}", run.short_id), "how it went");
  return lines_of_commands(next, terminal);
}

std::vector<std::string> show_lines(const wire::RunStatus& run, const Terminal& terminal) {
  std::vector<std::string> lines;
  if (run.state == "running") {
    lines = progress_lines(run, terminal);
    lines.insert(lines.begin() + 1, "");
    add_failures(run, lines);
  } else {
    lines = summary_lines(run, {}, terminal);
    lines.push_back("");
    const std::size_t width = name_width(run);
    for (const auto& step : run.steps) {
      lines.push_back(
          fmt::format("  {}  {}", padded(step.name, width),
                      inked(terminal, ink_of(step.state), step_text(run, step, any_width))));
    }
  }
  lines.push_back("");
  lines.push_back(fmt::format("  {:<10} {}", "workflow", run.name));
  lines.push_back(fmt::format("  {:<10} {}{}", "submitted", date_text(run.created_ms),
                              run.submitted_by.empty() ? "" : " by " + run.submitted_by));
  if (run.parent) lines.push_back(fmt::format("  {:<10} {}", "rerun of", to_string(*run.parent)));
  lines.push_back(fmt::format("  {:<10} {}", "id", to_string(run.run)));
  lines.push_back(fmt::format("  {:<10} {}", "results", run.results));
  if (!run.events.empty()) lines.push_back("");
  for (const auto& event : run.events)
    lines.push_back(fmt::format("  {}  {}", clock_text(event.at_ms), event.text));
  return fitted(lines, terminal, text_column);
}

}  // namespace drover::tools
