#include "tools/render/run_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/spelling.hpp"
#include "tools/render/numbers.hpp"
#include "tools/render/run_parts.hpp"
#include "tools/render/step_text.hpp"

namespace drover::tools {
namespace {

constexpr std::size_t any_width = 1'000'000;

/// The numbers in a reason count down; without them it is another one only where its words are.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

std::size_t name_width(const wire::RunStatus& run) {
  std::size_t width = 10;
  for (const auto& step : run.steps) width = std::max(width, width_of(step.name));
  return width;
}

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
  const double share = step.slot_seconds > 0 ? 100 * step.item_seconds / step.slot_seconds : 0;
  if (share >= 0.05) {  // Less is `0.0 %`: items that take no time say nothing about slots.
    line += fmt::format(" · {:.1f} % of slot time spent on {}", std::min(100.0, share),
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

/// Of the kinds of failures, which are told.
enum class Kinds : std::uint8_t { Largest, All };

void add_failures(const wire::RunStatus& run, Kinds kinds, std::vector<std::string>& lines) {
  std::vector<const wire::FailureGroup*> groups;
  for (const auto& group : run.failures) {
    if (!is_of_plain_step(run, group)) groups.push_back(&group);
  }
  std::size_t width = 1;
  for (const auto* group : groups) width = std::max(width, with_commas(group->count).size());
  const std::size_t shown =
      kinds == Kinds::All ? groups.size() : std::min<std::size_t>(8, groups.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& group = *groups[i];
    lines.push_back(fmt::format("  {:<10} {}  {}{}        {}{}", i == 0 ? "failed" : "",
                                padded(with_commas(group.count), width, true),
                                map_steps(run) > 1 ? group.step + ": " : "", one_line(group.text),
                                group.count > 1 ? "e.g. " : "", example_of(group)));
  }
  if (groups.size() > shown) {
    const std::size_t more = groups.size() - shown;
    lines.push_back(fmt::format("  {:<10} … {} more kind{}:  drover show {}", "", more,
                                more == 1 ? "" : "s", run.short_id));
  }
}

/// Where result files are that this run took over, each folder once.
std::vector<std::string> kept_folders(const wire::RunStatus& run) {
  std::vector<std::string> folders;
  for (const auto& step : run.steps) {
    for (const auto& folder : step.kept_in) {
      if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
    }
  }
  return folders;
}

/// Steps that did not run because others failed.
void add_not_run(const wire::RunStatus& run, std::vector<std::string>& lines) {
  std::vector<std::string> names;
  for (const auto& step : run.steps) {
    if (step.state == "cancelled") names.push_back(step.name);
  }
  if (!names.empty())
    lines.push_back(fmt::format("  {:<10} {}", "not run", listed(names, names.size())));
}

/// How a run ended, with at most so many kinds of failures.
std::vector<std::string> ending(const wire::RunStatus& run, const std::vector<std::string>& outputs,
                                const Terminal& terminal, Kinds kinds) {
  std::vector<std::string> lines{headline(run, terminal), ""};
  for (const auto& step : run.steps) {
    if (gave_nothing(step)) {
      lines.push_back(fmt::format("  {} {}: {}", padded(step.name, 10), counted(0, run.item_word),
                                  step.reason));
    }
    if (!step.map || !step.total) continue;
    // What one step does with them is not what another does: more than one go by their names.
    const std::string name = map_steps(run) == 1 ? plural(run.item_word, 2) : step.name;
    lines.push_back(fmt::format("  {} {}", padded(name, 10), items_line(run, step)));
  }
  add_failures(run, kinds, lines);
  lines.insert(lines.end(), outputs.begin(), outputs.end());
  if (run.state == "failed") add_not_run(run, lines);
  return fitted(lines, terminal);
}

}  // namespace

std::vector<std::string> progress_lines(const wire::RunStatus& run, const Terminal& terminal) {
  const std::size_t cells = terminal.width > 1 ? terminal.width - 1 : 1;  // The last one breaks.
  std::vector<std::string> lines{cut_to(fmt::format("run {}  {}", run.short_id, run.name), cells)};
  const std::size_t width = std::min(name_width(run), std::max<std::size_t>(cells / 4, 4));
  const std::size_t room = cells > width + 4 ? cells - width - 4 : 1;
  for (const auto& step : run.steps) {
    const std::string text = step_text(run, step, room);
    // A reason is worth its lines; a bar has one.
    const auto parts = step.reason.empty() ? std::vector{text} : broken_at_blanks(text, room, 0);
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
  return ending(run, outputs, terminal, Kinds::Largest);
}

std::vector<std::string> show_lines(const wire::RunStatus& run, const Terminal& terminal) {
  std::vector<std::string> lines;
  if (run.state == "running") {
    lines = progress_lines(run, terminal);
    lines.insert(lines.begin() + 1, "");
    add_failures(run, Kinds::All, lines);
  } else {
    lines = ending(run, {}, terminal, Kinds::All);
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
  if (run.parent)
    lines.push_back(
        fmt::format("  {:<10} {}", run.reuses ? "reuses" : "rerun of", to_string(*run.parent)));
  lines.push_back(fmt::format("  {:<10} {}", "id", to_string(run.run)));
  lines.push_back(fmt::format("  {:<10} {}", "results", run.results));
  for (const auto& folder : kept_folders(run))
    lines.push_back(fmt::format("  {:<10} {}   of items that were done before", "kept", folder));
  if (!run.events.empty()) lines.push_back("");
  for (const auto& event : run.events)
    lines.push_back(fmt::format("  {}  {}", clock_text(event.at_ms), event.text));
  return fitted(lines, terminal);
}

}  // namespace drover::tools
