#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "models/model_spec.hpp"

namespace drover::models {

/// A model's description and weights, read and checked.
struct Model {
  ModelSpec spec;
  std::filesystem::path folder;
  std::string weights;  ///< The bytes of the ONNX file. An engine keeps a copy of its own.
};

/// Where the models that come with Drover lie: below the installed program
/// (`../share/drover/models`), else in the source tree this was built from.
std::filesystem::path builtin_models_folder();

/// The names of the models there, sorted.
std::vector<std::string> builtin_models();

/// The folder that `model` names: a built-in model's name, an absolute path, or a `file:` URI.
///
/// Errors   Invalid for a relative path or another kind of URI; NotFound for a name that is not
///          built in, naming those that are.
Result<std::filesystem::path> find_model(const std::string& model);

/// Loads the folder that `model` names.
///
/// Errors   Those of find_model; NotFound, Invalid or TooLarge with file, line, column and what was
///          expected; Invalid where the weights are not those whose SHA-256 is described.
Result<Model> load_model(const std::string& model);

/// Everything load_model finds wrong, not only the first; where nothing is, `loaded` is the model.
std::vector<Error> find_problems(const std::string& model, Model& loaded);

}  // namespace drover::models
