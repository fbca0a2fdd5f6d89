#include "tools/render/step_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

constexpr std::size_t longest_bar = 28;
constexpr std::size_t shortest_bar = 4;
constexpr std::string_view between_parts = "   ";

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

/// Items that ended in this run.
double ended_here(const wire::StepStatus& step) {
  return static_cast<double>(ended(step) - std::min(ended(step), step.kept));
}

/// At what rate the slots that the step has now go on: it may have waited for some, or for all.
double rate_now(const wire::StepStatus& step) {
  if (step.slots_in_use == 0 || step.slot_seconds <= 0) return items_per_second(step);
  return ended_here(step) * step.slots_in_use / step.slot_seconds;
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

std::string ended_text(const wire::RunStatus& run, const wire::StepStatus& step) {
  std::string what = step.state;
  if (step.state == "cancelled" && !step.map && !step.opened_ms) return "did not run";
  if (step.state == "cancelled" && step.map) {
    if (!step.total || *step.total == 0) return "did not run";
    return fmt::format("cancelled  {} done, {} not", with_commas(step.done),
                       with_commas(*step.total - step.done));
  }
  if (step.map) {
    what += " " + counted(step.done, run.item_word);
    if (const auto bad = troubles(step); !bad.empty()) what += ", " + bad;
  } else if (step.list_size > 0 || gave_nothing(step)) {
    what += " " + counted(step.list_size, run.item_word);
  }
  if (gave_nothing(step)) return joined({what, step.reason}, ": ");
  if (step.state == "failed" || step.state == "cancelled") {
    return step.reason == step.state ? what : joined({what, step.reason}, ": ");
  }
  return fmt::format("{}  {}", what, duration_text(step.seconds));
}

}  // namespace

Ink ink_of(const std::string& state) {
  if (state == "succeeded" || state == "done") return Ink::Green;
  if (state == "failed") return Ink::Red;
  if (state == "retrying" || state == "cancelled") return Ink::Yellow;
  return Ink::Plain;
}

std::uint64_t ended(const wire::StepStatus& step) {
  return step.done + step.failed + step.skipped + step.cancelled;
}

double items_per_second(const wire::StepStatus& step) {
  return step.seconds <= 0 ? 0 : ended_here(step) / step.seconds;
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
  const double rate = rate_now(step);
  if (rate <= 0 || !step.total) return "";
  return rough_duration(static_cast<double>(*step.total - ended(step)) / rate) + " left";
}

std::string troubles(const wire::StepStatus& step) {
  return joined({step.failed > 0 ? with_commas(step.failed) + " failed" : "",
                 step.retrying > 0 ? with_commas(step.retrying) + " retrying" : "",
                 step.skipped > 0 ? with_commas(step.skipped) + " skipped" : ""},
                " · ");
}

bool stands(const wire::StepStatus& step) {
  return step.state == "running" && !step.reason.empty();
}

bool gave_nothing(const wire::StepStatus& step) {
  return step.state == "succeeded" && !step.reason.empty();
}

std::string standing_text(const wire::StepStatus& step) {
  const std::string counts =
      step.map ? fmt::format("{}/{}", with_commas(ended(step)), with_commas(step.total.value_or(0)))
               : "";
  return joined({counts, troubles(step), "waits: " + step.reason}, between_parts);
}

std::string step_text(const wire::RunStatus& run, const wire::StepStatus& step, std::size_t cells) {
  if (stands(step)) return standing_text(step);
  if (step.state == "running") return running_text(run, step, cells);
  if (step.state != "waiting") return ended_text(run, step);
  if (!step.waits_for.empty()) return "waiting for " + joined(step.waits_for, ", ");
  return step.reason.empty() ? "waiting" : "waiting: " + step.reason;
}

}  // namespace drover::tools
