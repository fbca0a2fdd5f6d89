#include "tools/cli/model_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "common/workflow/parse.hpp"
#include "common/workflow/reference.hpp"
#include "models/model.hpp"

namespace drover::tools {
namespace {
namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::string absolute(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

/// A model that is named, and where.
struct Named {
  std::string model;
  Diagnostic place;  ///< Without a message yet.
};

Diagnostic at(const std::string& file, const Place& place) {
  return {file, place.line, place.column, place.length, "", ""};
}

std::optional<Named> named_by_input(const WorkflowSpec& spec, const std::string& name,
                                    const std::map<std::string, std::string>& inputs) {
  if (const auto given = inputs.find(name); given != inputs.end())
    return Named{given->second, {"-i " + name, 0, 0, 0, "", ""}};
  const auto input = std::find_if(spec.inputs.begin(), spec.inputs.end(),
                                  [&](const InputSpec& each) { return each.name.text == name; });
  if (input == spec.inputs.end() || !input->default_text) return std::nullopt;
  return Named{input->default_text->text, at(spec.file, input->default_text->place)};
}

std::optional<Named> named_by(const WorkflowSpec& spec, const StepSpec& step,
                              const std::map<std::string, std::string>& inputs) {
  const auto argument =
      std::find_if(step.with.begin(), step.with.end(),
                   [](const ArgumentSpec& each) { return each.name.text == "model"; });
  if (argument == step.with.end() || !argument->value.is(Literal::Kind::Scalar))
    return std::nullopt;
  const auto text = parse_template(argument->value);
  if (!text) return std::nullopt;
  if (text->whole && text->whole->part.empty())
    return named_by_input(spec, text->whole->name, inputs);
  if (text->has_references()) return std::nullopt;
  return Named{text->text(), at(spec.file, argument->value.place)};
}

/// What is wrong with the model: the message and the way out; an empty message where nothing is.
std::pair<std::string, std::string> problem_of(const std::string& model, bool here) {
  if (model.empty()) return {};
  const bool is_path = model.find('/') != std::string::npos && model.find(':') == std::string::npos;
  if (is_path && !model.starts_with('/')) {
    return {fmt::format("model '{}' is a relative path: a worker may run anywhere", model),
            is_folder(model) ? absolute(model) : "an absolute path, or a file: URI"};
  }
  const auto folder = models::find_model(model);
  if (!folder) {
    const auto near = did_you_mean(model, models::builtin_models());
    return {folder.error().context + near, is_folder(model) ? absolute(model) : ""};
  }
  if (!here || is_folder(*folder)) return {};
  return {fmt::format("model '{}': there is no such folder", model), ""};
}

}  // namespace

std::vector<Diagnostic> model_problems(std::string_view workflow, const std::string& file,
                                       const std::map<std::string, std::string>& inputs,
                                       bool here) {
  const WorkflowSpec spec = parse_workflow(workflow, file);
  std::vector<Diagnostic> problems;
  for (const auto& step : spec.steps) {
    if (step.task.text != "detect") continue;
    const auto named = named_by(spec, step, inputs);
    if (!named) continue;
    Diagnostic problem = named->place;
    std::tie(problem.message, problem.hint) = problem_of(named->model, here);
    const bool said = std::find(problems.begin(), problems.end(), problem) != problems.end();
    if (!problem.message.empty() && !said) problems.push_back(std::move(problem));
  }
  return problems;
}

std::string model_of_word(const std::string& word) {
  const auto builtin = models::builtin_models();
  const bool is_name = std::find(builtin.begin(), builtin.end(), word) != builtin.end();
  const bool is_path = word.find(':') == std::string::npos &&
                       (word.find('/') != std::string::npos || is_folder(word));
  return is_path && !is_name && !word.starts_with('/') ? absolute(word) : word;
}

}  // namespace drover::tools
