#include "tools/cli/outputs.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/types/json.hpp"
#include "common/types/signature.hpp"
#include "tools/cli/page_type.hpp"
#include "tools/cli/target.hpp"
#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_line = 300;

bool is_count(const Json& value) { return value.is_number_integer(); }

std::string number(const Json& value) {
  if (value.is_number_unsigned()) return with_commas(value.get<std::uint64_t>());
  if (value.is_number_integer() && value.get<std::int64_t>() >= 0)
    return with_commas(value.get<std::uint64_t>());
  return value.dump();
}

/// `person 4,102`: of a struct that begins with a text and a count.
std::string named_count(const Json& entry) {
  if (!entry.is_object() || entry.size() < 2) return "";
  const auto& name = entry.begin().value();
  const auto& count = std::next(entry.begin()).value();
  return name.is_string() && is_count(count)
             ? fmt::format("{} {}", name.get<std::string>(), number(count))
             : "";
}

std::string line_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return number(value);
  if (value.is_array()) {
    std::string text;
    for (const auto& entry : value) {
      std::string part = named_count(entry);
      if (part.empty()) part = line_of(entry);
      text += (text.empty() ? "" : " · ") + part;
      if (text.size() > longest_line) break;
    }
    return text;
  }
  if (value.is_object()) {
    std::string text;
    for (const auto& [name, field] : value.items())
      text += (text.empty() ? "" : ", ") + name + " " + line_of(field);
    return text;
  }
  return value.dump();
}

void add_line(const std::string& label, const std::string& text, std::vector<std::string>& lines) {
  lines.push_back(
      fmt::format("  {:<10} {}", label, text.empty() ? "none" : cut_to(text, longest_line)));
}

/// Lists of a struct have a line each, under their names; its single values share one, under the
/// step's.
void add_value(const std::string& step, const Json& value, std::vector<std::string>& lines) {
  if (!value.is_object()) return add_line(step, line_of(value), lines);
  std::string singles;
  for (const auto& [field, part] : value.items()) {
    if (part.is_array()) continue;
    singles += fmt::format("{}{} {}", singles.empty() ? "" : " · ", field, line_of(part));
  }
  if (!singles.empty()) add_line(step, singles, lines);
  for (const auto& [field, part] : value.items()) {
    if (part.is_array()) add_line(field, line_of(part), lines);
  }
}

void add_folder(const std::string& label, const std::filesystem::path& folder,
                std::vector<std::string>& lines) {
  std::error_code none;
  if (std::filesystem::is_directory(folder, none)) add_line(label, folder.string() + "/", lines);
}

}  // namespace

std::string one_line(const std::string& json_text) {
  const auto json = Json::parse(json_text, nullptr, false);
  return json.is_discarded() ? json_text : line_of(json);
}

std::vector<std::string> folder_lines(const wire::RunStatus& run,
                                      const std::optional<std::string>& only) {
  std::vector<std::string> lines;
  for (const auto& step : run.steps) {
    if (only && step.name != *only) continue;
    add_folder("results", std::filesystem::path(run.results) / step.name, lines);
    for (const auto& folder : step.kept_in)
      add_folder("kept", std::filesystem::path(folder) / step.name, lines);
  }
  return lines;
}

std::vector<std::string> output_lines(net::Client& client, const wire::RunStatus& run) {
  std::vector<std::string> lines;
  for (const auto& step : run.outputs) {
    const auto page =
        client.ask<wire::ResultsPage>(wire::ReadResults{to_string(run.run), step, 0, 1}, patience);
    if (!page || page->list || page->columns.empty()) continue;
    const auto type = type_of_page(*page);
    if (!type) continue;
    const auto json = to_json(page->columns.value(0), *type);
    if (json) add_value(step, *json, lines);
  }
  for (auto& line : folder_lines(run)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace drover::tools
