#include "scheduler/core/failure_signature.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace drover::scheduler {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// The end of what stands in double quotes from `at` on: behind the closing one.
std::size_t quotation_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;  // What is escaped is not looked at.
  }
  return text.size();
}

/// The end of a path or uri that begins at `at`: the first blank, quote or closing mark.
std::size_t path_end(std::string_view text, std::size_t at) {
  const auto end = text.find_first_of(" \t\n\"'`,;)>]", at);
  return end == std::string_view::npos ? text.size() : end;
}

/// Where something begins at `at` that is no part of a kind of failure, its end: a quotation or a
/// path. Else `at`.
std::size_t passed_over(std::string_view text, std::size_t at) {
  if (at > 0 && is_word(text[at - 1])) return at;
  if (text[at] == '"') return quotation_end(text, at);
  const bool is_path = text[at] == '/' && at + 1 < text.size() && is_word(text[at + 1]);
  return is_path ? path_end(text, at) : at;
}

/// Does the word, or several, stand there whole?
bool stands_at(std::string_view text, std::size_t at, std::string_view word) {
  if (word.empty() || !text.substr(at).starts_with(word)) return false;
  const std::size_t end = at + word.size();
  return (at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]));
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    if (stands_at(text, at, word)) return true;
  }
  return false;
}

}  // namespace

std::string failure_signature(std::string_view text) {
  text = text.substr(0, 512);  // Texts of one kind differ late, if at all; bounds the work.
  std::string folded;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    const bool starts_word = at == 0 || !is_word(text[at - 1]);
    if (const std::size_t end = passed_over(text, at); end > at) {
      folded += "…";
      at = end;
    } else if (starts_word && text.substr(at, 2) == "0x") {
      folded += '#';
      at += 2;
      while (at < text.size() && is_hex(text[at])) ++at;
    } else if (is_digit(c)) {
      folded += '#';
      while (at < text.size() &&
             (is_digit(text[at]) || ((text[at] == '.' || text[at] == ',') && at + 1 < text.size() &&
                                     is_digit(text[at + 1])))) {
        ++at;
      }
    } else {
      folded += c == '\n' ? ' ' : c;
      ++at;
    }
  }
  return folded;
}

std::string without_name(std::string_view text, std::string_view key) {
  const std::string_view name = key.substr(key.rfind('/') + 1);
  const std::string_view stem = name.substr(0, name.rfind('.'));
  const bool is_number = std::ranges::all_of(name, is_digit);  // Any number may be meant by it.
  if (stem.empty()) return std::string(text);
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = passed_over(text, at);
    if (end > at) {
      const std::string_view span = text.substr(at, end - at);
      rest += has_word(span, stem) ? "…" : span;
      at = end;
    } else if (!is_number && stands_at(text, at, name)) {
      rest += failure_signature(name);
      at += name.size();
    } else {
      rest += text[at++];
    }
  }
  return rest;
}

std::string shorten_error(std::string_view text) {
  if (text.size() <= max_error_bytes) return std::string(text);
  const std::size_t side = max_error_bytes / 2 - 40;
  const auto inside_character = [&](std::size_t at) { return (text[at] & '\xc0') == '\x80'; };
  std::size_t head = side;
  while (head > 0 && inside_character(head)) --head;
  std::size_t tail = text.size() - side;
  while (tail < text.size() && inside_character(tail)) ++tail;
  return fmt::format("{}\n... {} bytes left out ...\n{}", text.substr(0, head), tail - head,
                     text.substr(tail));
}

}  // namespace drover::scheduler
