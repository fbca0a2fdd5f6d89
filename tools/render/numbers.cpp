#include "tools/render/numbers.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

namespace drover::tools {
namespace {

std::tm local_time(std::int64_t wall_ms) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

/// A command counts as one word: it is copied.
std::size_t end_of_word(std::string_view line, std::size_t word) {
  const bool in_brackets = line.substr(word).starts_with('(');
  const bool is_command = line.substr(word + (in_brackets ? 1 : 0)).starts_with("drover ");
  if (!is_command) return std::min(line.find(' ', word), line.size());
  const std::size_t behind = in_brackets ? line.find(' ', line.find(')', word)) : line.size();
  return std::min({line.find("  ", word), behind, line.size()});
}

bool begins_character(char c) { return (c & '\xc0') != '\x80'; }

}  // namespace

std::string with_commas(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string duration_text(double seconds) {
  if (seconds <= 0) return "<1 ms";  // As short as the scheduler's clock of records can tell.
  if (seconds < 0.0005) return fmt::format("{:.0f} µs", std::max(0.0, seconds * 1e6));
  if (seconds < 0.1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string rough_duration(double seconds) {
  if (seconds < 1) return "<1 s";
  if (seconds < 90) return fmt::format("~{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("~{:.0f} min", seconds / 60);
  return fmt::format("~{:.1f} h", seconds / 3600);
}

std::string rate_text(double per_second) {
  if (per_second <= 0) return "";
  if (per_second < 0.05) return fmt::format("{:.2g}/min", per_second * 60);
  if (per_second >= 1e6) return fmt::format("{:.1f} M/s", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.0f} k/s", per_second / 1e3);
  if (per_second >= 100) return fmt::format("{:.0f}/s", per_second);
  return fmt::format("{:.1f}/s", per_second);
}

std::string clock_text(std::int64_t wall_ms) {
  return fmt::format("{:%H:%M:%S}", local_time(wall_ms));
}
std::string date_text(std::int64_t wall_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M}", local_time(wall_ms));
}

std::string plural(std::string_view word, std::uint64_t count) {
  return count == 1 ? std::string(word) : std::string(word) + "s";
}

std::string counted(std::uint64_t count, std::string_view word) {
  return fmt::format("{} {}", with_commas(count), plural(word, count));
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  if (bytes < (1U << 20U)) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  if (bytes < (1U << 30U)) return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
}

std::size_t width_of(std::string_view text) {
  std::size_t cells = 0;
  bool in_colour = false;  // Between the escape character and the letter that ends its sequence.
  for (const char c : text) {
    if (c == '\033') in_colour = true;
    cells += !in_colour && begins_character(c) ? 1 : 0;
    if (in_colour && c == 'm') in_colour = false;
  }
  return cells;
}

std::string padded(std::string_view text, std::size_t width, bool right_aligned) {
  const std::size_t cells = width_of(text);
  const std::string blanks(width > cells ? width - cells : 0, ' ');
  return right_aligned ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string cut_to(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t at = 0;
  for (std::size_t cells = 0; at < text.size(); ++at) {
    if (begins_character(text[at]) && ++cells >= std::max<std::size_t>(width, 1)) break;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::string end_of(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t at = text.size();
  for (std::size_t cells = 1; at > 0 && cells < std::max<std::size_t>(width, 1); --at) {
    if (begins_character(text[at - 1])) ++cells;
  }
  return "…" + std::string(text.substr(at));
}

std::vector<std::string> broken_at_blanks(std::string_view line, std::size_t width,
                                          std::size_t indent) {
  std::vector<std::string> lines{""};
  bool has_word = false;  // Blanks at the start of a line are its indentation.
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t word = std::min(line.find_first_not_of(' ', at), line.size());
    const std::size_t end = end_of_word(line, word);
    const std::string_view with_blanks = line.substr(at, end - at);
    if (has_word && width_of(lines.back()) + width_of(with_blanks) > width) {
      if (word == line.size()) break;  // Nothing but blanks.
      lines.push_back(std::string(indent, ' ') + std::string(line.substr(word, end - word)));
    } else {
      lines.back() += with_blanks;
    }
    has_word = true;
    at = end;
  }
  return lines;
}

}  // namespace drover::tools
