#include "scheduler/query/empty_list.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "common/spelling.hpp"
#include "common/types/json.hpp"

namespace drover::scheduler {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_elements = 5;

std::string text_of(const Json& value) {
  constexpr std::string_view of_files = "file://";
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    return text.starts_with(of_files) ? text.substr(of_files.size()) : text;
  }
  if (!value.is_array() || value.empty()) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::vector<std::string> elements;
  for (const auto& element : value) elements.push_back(text_of(element));
  return listed(elements, most_elements);
}

/// Empty where it was left out, or put together from several values.
std::string text_of(const Plan& plan, const PlanArgument& argument) {
  if (const auto* result = std::get_if<StepResult>(&argument.source.from)) {
    return "$" + plan.steps.at(result->step).name;
  }
  const auto* constant = std::get_if<Constant>(&argument.source.from);
  if (constant == nullptr) return "";
  const auto json = to_json(constant->value, argument.type);
  return json && !json->is_null() ? text_of(*json) : "";
}

}  // namespace

std::string empty_list_text(const Plan& plan, const PlanStep& step) {
  std::string given;
  for (const auto& argument : step.arguments) {
    const std::string text = text_of(plan, argument);
    if (text.empty()) continue;
    given += fmt::format("{}{} {}", given.empty() ? " for " : ", ", argument.name, text);
  }
  return fmt::format("{} gave an empty list{}", step.task.name, given);
}

}  // namespace drover::scheduler
