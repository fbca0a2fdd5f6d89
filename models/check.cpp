#include "models/check.hpp"

#include <fmt/format.h>

#include "models/box_decoder.hpp"
#include "models/engine.hpp"
#include "models/model.hpp"

namespace drover::models {
namespace {

/// Appends what `kind` finds wrong with the network.
void try_engine(const Model& model, EngineKind kind, std::vector<Error>& problems) {
  auto engine = open_engine(model, kind);
  if (!engine) {
    problems.push_back(engine.error());
    return;
  }
  const auto values_of_one = 3 * static_cast<std::size_t>(model.spec.input.width) *
                             static_cast<std::size_t>(model.spec.input.height);
  const std::string weights = (model.folder / model.spec.weights_file).string();
  for (const std::int64_t batch : {1, 2}) {
    const std::vector<float> grey(values_of_one * static_cast<std::size_t>(batch));
    const auto outputs = (*engine)->run(grey, batch);
    if (!outputs) {
      problems.push_back({outputs.error().code, fmt::format("{}: running {} at once: {}", weights,
                                                            batch, outputs.error().context)});
      return;
    }
    const auto differences = compare_outputs(model.spec, *outputs);
    for (const auto& difference : differences)
      problems.push_back({ErrorCode::Invalid, fmt::format("{}: {}", weights, difference)});
    if (!differences.empty()) return;
  }
}

}  // namespace

std::vector<Error> check_model(const std::string& model) {
  Model loaded;
  auto problems = find_problems(model, loaded);
  if (!problems.empty()) return problems;
  try_engine(loaded, EngineKind::OpenCv, problems);
  if (problems.empty() && engine_report().kind == EngineKind::OnnxRuntime)
    try_engine(loaded, EngineKind::OnnxRuntime, problems);
  return problems;
}

}  // namespace drover::models
