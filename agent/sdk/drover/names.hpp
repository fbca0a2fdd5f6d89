#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Reads the lists of names that the macros of task.hpp hand over as text.
namespace drover::sdk {

constexpr bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Takes `(a, b)` apart at its commas, but not inside `<>`, and gives each part to `visit`.
template <class Visit>
constexpr void for_each_part(std::string_view list, Visit&& visit) {
  list = trimmed(list);
  if (list.size() >= 2 && list.front() == '(' && list.back() == ')') {
    list = trimmed(list.substr(1, list.size() - 2));
  }
  if (list.empty()) return;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '<') ++depth;
    if (i < list.size() && list[i] == '>') --depth;
    if (i == list.size() || (list[i] == ',' && depth == 0)) {
      visit(trimmed(list.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
}

constexpr std::size_t count_parts(std::string_view list) {
  std::size_t count = 0;
  for_each_part(list, [&](std::string_view) { ++count; });
  return count;
}

/// `path` of `const std::string& path` and of `path`.
constexpr std::string_view last_word(std::string_view part) {
  std::size_t begin = part.size();
  while (begin > 0 && is_name_character(part[begin - 1])) --begin;
  return part.substr(begin);
}

/// Whether every part is a type and a name, as `std::string model`; `std::string` alone has no
/// name.
constexpr bool all_parts_are_named(std::string_view list) {
  bool named = true;
  for_each_part(list, [&](std::string_view part) {
    const auto before = part.size() - last_word(part).size();
    named = named && before > 0 && before < part.size() && part[before - 1] != ':';
  });
  return named;
}

inline std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  for_each_part(list, [&](std::string_view part) { names.emplace_back(last_word(part)); });
  return names;
}

}  // namespace drover::sdk
