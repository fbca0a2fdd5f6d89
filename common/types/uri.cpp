#include "common/types/uri.hpp"

#include <vector>

namespace drover {
namespace {

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = path.find('/');
    const auto part = path.substr(0, end);
    if (!part.empty() && part != ".") parts.push_back(part);
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return parts;
}

std::string absolute_path(std::string_view path, std::string_view working_directory) {
  std::vector<std::string_view> parts;
  const bool relative = !starts_with(path, "/");
  if (relative) parts = parts_of(working_directory);
  bool leading = relative;
  for (const auto part : parts_of(path)) {
    leading = leading && part == "..";
    if (!leading) {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string joined;
  for (const auto part : parts) joined.append("/").append(part);
  return joined.empty() ? "/" : joined;
}

}  // namespace

bool has_scheme(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || colon < 2) return false;
  for (std::size_t i = 0; i < colon; ++i) {
    const char c = uri[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (i == 0 || !other)) return false;
  }
  return true;
}

std::string absolute_uri(std::string_view uri, std::string_view working_directory) {
  if (starts_with(uri, "file:")) {
    auto path = uri.substr(5);
    if (starts_with(path, "//")) path.remove_prefix(2);
    return "file:" + absolute_path(path, working_directory);
  }
  return has_scheme(uri) ? std::string(uri) : absolute_path(uri, working_directory);
}

}  // namespace drover
