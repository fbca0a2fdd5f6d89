#include "models/spec_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

namespace drover::models {
namespace {

std::string dotted(std::string_view prefix, std::string_view key) {
  return prefix.empty() ? std::string(key) : fmt::format("{}.{}", prefix, key);
}

/// What stands there, in a few words.
std::string shown(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar: {
      constexpr std::size_t longest = 40;
      const std::string& text = node.Scalar();
      return text.size() <= longest ? fmt::format("\"{}\"", text)
                                    : fmt::format("\"{}...\"", text.substr(0, longest));
    }
    case YAML::NodeType::Sequence:
      return fmt::format("a list of {}", node.size());
    case YAML::NodeType::Map:
      return "a mapping";
    default:
      return "empty";
  }
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<float> parse_real(const YAML::Node& node) {
  if (!node.IsScalar()) return std::nullopt;
  const auto value = parse_number<float>(node.Scalar());
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// Levenshtein's distance, by one row.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates) {
  std::optional<std::string_view> best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t edits = edits_between(word, candidate);
    if (edits >= fewest) continue;
    fewest = edits;
    best = candidate;
  }
  return best;
}

void SpecReader::report(const YAML::Node& node, std::string text) {
  const YAML::Mark mark = node.Mark();
  problems_.push_back({mark.line + 1, mark.column + 1, std::move(text)});
}

void SpecReader::expected(const YAML::Node& node, std::string_view name, std::string_view what) {
  report(node, fmt::format("'{}' is {}; expected {}", name, shown(node), what));
}

bool SpecReader::is_mapping(const YAML::Node& node, std::string_view name,
                            std::initializer_list<std::string_view> known) {
  if (!node.IsMap()) {
    expected(node, name, fmt::format("a mapping with {}", fmt::join(known, ", ")));
    return false;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : shown(entry.first);
    if (!seen.insert(key).second) {
      report(entry.first,
             fmt::format("'{}' is given twice; the first one stands", dotted(name, key)));
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      const auto meant = nearest(key, std::vector<std::string_view>(known));
      report(entry.first, fmt::format("no such key: '{}'; {}", dotted(name, key),
                                      meant ? fmt::format("did you mean '{}'?", *meant)
                                            : fmt::format("expected {}", fmt::join(known, ", "))));
    }
  }
  return true;
}

std::optional<YAML::Node> SpecReader::member(const YAML::Node& map, std::string_view prefix,
                                             std::string_view key, std::string_view expected) {
  for (const auto& entry : map)
    if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.second;
  report(map, fmt::format("'{}' is missing; expected {}", dotted(prefix, key), expected));
  return std::nullopt;
}

std::optional<std::string> SpecReader::text(const YAML::Node& map, std::string_view prefix,
                                            std::string_view key, std::string_view what) {
  const auto node = member(map, prefix, key, what);
  if (!node) return std::nullopt;
  if (node->IsScalar() && !node->Scalar().empty()) return node->Scalar();
  expected(*node, dotted(prefix, key), what);
  return std::nullopt;
}

std::optional<int> SpecReader::whole(const YAML::Node& map, std::string_view prefix,
                                     std::string_view key, int least, int most) {
  const auto what = fmt::format("a whole number from {} to {}", least, most);
  const auto node = member(map, prefix, key, what);
  if (!node) return std::nullopt;
  const auto value = node->IsScalar() ? parse_number<int>(node->Scalar()) : std::nullopt;
  if (value && *value >= least && *value <= most) return value;
  expected(*node, dotted(prefix, key), what);
  return std::nullopt;
}

std::optional<float> SpecReader::real(const YAML::Node& map, std::string_view prefix,
                                      std::string_view key, float least, float most) {
  const auto what = fmt::format("a number from {} to {}", least, most);
  const auto node = member(map, prefix, key, what);
  if (!node) return std::nullopt;
  const auto value = parse_real(*node);
  if (value && *value >= least && *value <= most) return value;
  expected(*node, dotted(prefix, key), what);
  return std::nullopt;
}

std::optional<std::vector<float>> SpecReader::reals(const YAML::Node& map, std::string_view prefix,
                                                    std::string_view key, std::size_t count) {
  const auto what = fmt::format("a list of {} numbers", count);
  const auto node = member(map, prefix, key, what);
  if (!node) return std::nullopt;
  std::vector<float> values;
  if (node->IsSequence())
    for (const auto& entry : *node)
      if (const auto value = parse_real(entry)) values.push_back(*value);
  if (node->IsSequence() && node->size() == count && values.size() == count) return values;
  expected(*node, dotted(prefix, key), what);
  return std::nullopt;
}

}  // namespace drover::models
