#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/model_spec.hpp"

namespace drover::models {

/// Takes values out of YAML mappings and notes what is missing, unknown, given twice or of the
/// wrong kind.
///
/// yaml-cpp itself reports no duplicate keys and throws on conversions; here nothing throws.
/// `name` arguments are the dotted path a person would say, such as `input.width`.
class SpecReader {
 public:
  explicit SpecReader(std::vector<SpecProblem>& problems) : problems_(problems) {}

  /// True where `node` is a mapping; reports keys that are given twice or are not among `known`.
  bool is_mapping(const YAML::Node& node, std::string_view name,
                  std::initializer_list<std::string_view> known);
  /// The value of `key`. Reports it where it is missing, naming what was `expected`.
  std::optional<YAML::Node> member(const YAML::Node& map, std::string_view prefix,
                                   std::string_view key, std::string_view expected);

  std::optional<std::string> text(const YAML::Node& map, std::string_view prefix,
                                  std::string_view key, std::string_view expected);
  std::optional<int> whole(const YAML::Node& map, std::string_view prefix, std::string_view key,
                           int least, int most);
  std::optional<float> real(const YAML::Node& map, std::string_view prefix, std::string_view key,
                            float least, float most);
  std::optional<std::vector<float>> reals(const YAML::Node& map, std::string_view prefix,
                                          std::string_view key, std::size_t count);

  void report(const YAML::Node& node, std::string text);
  /// Reports "'name' is VALUE; expected ...".
  void expected(const YAML::Node& node, std::string_view name, std::string_view what);

 private:
  std::vector<SpecProblem>& problems_;
};

/// The one of `candidates` that a person may have meant by `word`, if one is near.
std::optional<std::string_view> nearest(std::string_view word,
                                        const std::vector<std::string_view>& candidates);

}  // namespace drover::models
