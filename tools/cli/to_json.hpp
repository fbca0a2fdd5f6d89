#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/causes.hpp"
#include "common/columns.hpp"
#include "common/ids.hpp"
#include "common/types/describe.hpp"

/// Replies of the scheduler as JSON: fields keep their names (docs/protocol.md), ids are hex, what
/// is not set is null.
namespace drover::tools {

using Json = nlohmann::ordered_json;

template <class T>
Json to_json(const T& value);

namespace json_parts {

inline Json convert(const std::string& value) { return value; }
inline Json convert(bool value) { return value; }
inline Json convert(double value) { return value; }
inline Json convert(float value) { return value; }
template <Integer T>
Json convert(T value) {
  return value;
}
template <class Tag>
Json convert(const Id128<Tag>& value) {
  return to_string(value);
}
inline Json convert(ErrorCode value) { return std::string(name_of(value)); }
template <class T>
Json convert(const std::optional<T>& value) {
  return value ? to_json(*value) : Json(nullptr);
}
template <class T>
Json convert(const std::vector<T>& values) {
  Json all = Json::array();
  for (const auto& value : values) all.push_back(to_json(value));
  return all;
}
template <class T>
Json convert(const std::map<std::string, T>& values) {
  Json all = Json::object();
  for (const auto& [name, value] : values) all[name] = to_json(value);
  return all;
}
template <Described T>
Json convert(const T& value) {
  Json all = Json::object();
  for_each_field(value, [&](std::string_view name, const auto& field) {
    all[std::string(name)] = to_json(field);
  });
  return all;
}

}  // namespace json_parts

template <class T>
Json to_json(const T& value) {
  return json_parts::convert(value);
}

/// One line, bytes that are not UTF-8 replaced.
inline std::string text_of(const Json& json, int indent = 2) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace drover::tools
