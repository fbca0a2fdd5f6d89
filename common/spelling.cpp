#include "common/spelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace drover {

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string counted(std::uint64_t number, std::string_view word) {
  return fmt::format("{} {}{}", grouped(number), word, number == 1 ? "" : "s");
}

std::string spoken(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0.995) return fmt::format("{:.2f} s", std::max(seconds, 0.0));
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 100) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", grouped(whole / 3600), whole % 3600 / 60);
}

std::string spoken(Bytes bytes) {
  if (bytes.count < 1024) return counted(bytes.count, "byte");
  static constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double amount = static_cast<double>(bytes.count) / 1024;
  std::size_t unit = 0;
  for (; amount >= 1023.95 && unit + 1 < units.size(); ++unit) amount /= 1024;
  return fmt::format("{:.1f} {}", amount, units.at(unit));
}

namespace {

std::string joined(std::span<const std::string> names, std::size_t shown, std::string_view last,
                   std::string_view others) {
  // "and 1 other" is no shorter than the name.
  const std::size_t all = names.size();
  const std::size_t named = all <= shown + 1 ? all : shown;
  std::string text;
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == all ? last : ", ";
    text += names[i];
  }
  if (named < all) text += fmt::format("{}{} others", others, all - named);
  return text;
}

}  // namespace

std::string listed(std::span<const std::string> names, std::size_t shown) {
  return joined(names, shown, " and ", " and ");
}

std::string listed_choices(std::span<const std::string> names, std::size_t shown) {
  return joined(names, shown, " or ", " or one of ");
}

std::string one_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += " ⏎ ";
    } else {
      line += c;
    }
  }
  return line;
}

std::string shell_word(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
    return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace drover
