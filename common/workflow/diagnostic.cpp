#include "common/workflow/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace drover {
namespace {

constexpr std::size_t widest_label = 32;
constexpr std::size_t widest_excerpt = 160;  // bytes
constexpr std::size_t longest_corrected =
    64;  // the distance of words is quadratic in their lengths

std::string label_of(const Diagnostic& diagnostic) {
  if (diagnostic.line == 0) return diagnostic.file;
  return fmt::format("{}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column);
}

/// Line `number` from 1, without its end.
std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t i = 1; i < number; ++i) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  auto line = text.substr(0, text.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Characters, where bytes that continue one (10xxxxxx) do not count.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<std::uint8_t>(c) & 0xc0U) != 0x80;
  }));
}

std::string printable(std::string_view line) {
  std::string shown(line);
  std::replace_if(
      shown.begin(), shown.end(),
      [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f; }, ' ');
  return shown;
}

/// The part of a long line around a mark at `from`, and where the mark is in it.
std::pair<std::string, std::size_t> window(std::string_view line, std::size_t from) {
  const auto is_inside = [&](std::size_t at) {
    return at < line.size() && (static_cast<std::uint8_t>(line[at]) & 0xc0U) == 0x80;
  };
  std::size_t first = from > widest_excerpt / 2 ? from - widest_excerpt / 2 : 0;
  if (line.size() <= widest_excerpt) first = 0;
  while (first < from && is_inside(first)) ++first;  // never cut a character of several bytes
  std::size_t last = std::min(line.size(), first + widest_excerpt);
  while (is_inside(last)) ++last;
  const std::string head = first > 0 ? "..." : "";
  const std::string tail = last < line.size() ? "..." : "";
  return {head + printable(line.substr(first, last - first)) + tail, head.size() + from - first};
}

std::string excerpt(const Diagnostic& diagnostic, std::string_view file_text) {
  const auto line = line_of(file_text, diagnostic.line);
  const auto number = std::to_string(diagnostic.line);
  const std::size_t column = std::min<std::size_t>(diagnostic.column - 1, line.size());
  const auto [shown, at] = window(line, column);
  const std::size_t from = std::min(at, shown.size());  // Stray bytes are shown as others.
  const std::size_t length = std::min<std::size_t>(diagnostic.length, shown.size() - from);
  const std::string_view view = shown;
  const std::size_t carets = std::max<std::size_t>(1, width_of(view.substr(from, length)));
  std::string text = fmt::format("    {} | {}\n", number, shown);
  text += fmt::format("    {:{}} | {:{}}{}", "", number.size(), "", width_of(view.substr(0, from)),
                      std::string(carets, '^'));
  if (!diagnostic.hint.empty()) text += "   " + diagnostic.hint;
  return text + "\n";
}

/// Edits between the words: insert, erase, replace, swap neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::vector<std::size_t> next(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t replace = row[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
      next[k] = std::min({row[k] + 1, next[k - 1] + 1, replace});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
        next[k] = std::min(next[k], before[k - 2] + 1);
      }
    }
    before = row;
    row = next;
  }
  return row[b.size()];
}

}  // namespace

void add_diagnostic(std::vector<Diagnostic>& diagnostics, Diagnostic diagnostic) {
  if (diagnostics.size() < max_diagnostics) diagnostics.push_back(std::move(diagnostic));
}

void sort_for_reading(std::vector<Diagnostic>& diagnostics) {
  std::stable_sort(
      diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
        const bool a_outside = a.line == 0;
        const bool b_outside = b.line == 0;
        return std::tie(a_outside, a.line, a.column) < std::tie(b_outside, b.line, b.column);
      });
}

std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view file_text,
                   std::string_view outcome) {
  std::string text =
      fmt::format("{} problem{}", diagnostics.size(), diagnostics.size() == 1 ? "" : "s");
  if (!outcome.empty()) text += fmt::format(", {}", outcome);
  text += "\n";

  std::size_t width = 0;
  for (const auto& diagnostic : diagnostics) {
    width = std::max(width, std::min(widest_label, label_of(diagnostic).size()));
  }
  bool after_excerpt = true;  // what stands without an excerpt stands together
  for (const auto& diagnostic : diagnostics) {
    const bool in_file = diagnostic.line != 0;
    if (in_file || after_excerpt) text += "\n";
    text += fmt::format("  {:{}}  {}", label_of(diagnostic), width, diagnostic.message);
    if (!in_file && !diagnostic.hint.empty()) text += ":  " + diagnostic.hint;
    text += "\n";
    if (in_file) text += excerpt(diagnostic, file_text);
    after_excerpt = in_file;
  }
  return text;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const auto& candidate : candidates) {
    const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
    const std::size_t most = std::max<std::size_t>(1, longer / 3);
    if (longer > longest_corrected || longer - shorter > most) continue;
    const std::size_t edits = distance(word, candidate);
    if (edits <= most && edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto near = nearest(word, candidates);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

}  // namespace drover
