#include "models/model_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "models/spec_reader.hpp"

namespace drover::models {
namespace {

constexpr int least_side = 16;
constexpr int most_side = 4096;
constexpr int most_stride = 256;
constexpr float most_pixel_scale = 1e6F;
constexpr std::size_t most_labels = 10'000;

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void read_weights(SpecReader& reader, const YAML::Node& root, ModelSpec& spec) {
  const auto weights = reader.member(root, "", "weights", "a mapping with file, sha256");
  if (!weights || !reader.is_mapping(*weights, "weights", {"file", "sha256"})) return;
  constexpr std::string_view file_expected = "a file name in the folder, such as model.onnx";
  if (auto file = reader.text(*weights, "weights", "file", file_expected)) {
    if (file->find('/') != std::string::npos || *file == "." || *file == "..")
      reader.expected((*weights)["file"], "weights.file", file_expected);
    spec.weights_file = std::move(*file);
  }
  constexpr std::string_view hash_expected = "64 lower-case hex digits, as sha256sum prints them";
  if (auto hash = reader.text(*weights, "weights", "sha256", hash_expected)) {
    if (!is_sha256(*hash)) reader.expected((*weights)["sha256"], "weights.sha256", hash_expected);
    spec.weights_sha256 = std::move(*hash);
  }
}

void read_input(SpecReader& reader, const YAML::Node& root, InputSpec& input) {
  const auto node = reader.member(
      root, "", "input", "a mapping with name, width, height, layout, channels, mean, deviation");
  if (!node ||
      !reader.is_mapping(*node, "input",
                         {"name", "width", "height", "layout", "channels", "mean", "deviation"}))
    return;
  input.name = reader.text(*node, "input", "name", "the name of the network's input").value_or("");
  input.width = reader.whole(*node, "input", "width", least_side, most_side).value_or(0);
  input.height = reader.whole(*node, "input", "height", least_side, most_side).value_or(0);
  if (const auto layout = reader.text(*node, "input", "layout", "nchw");
      layout && *layout != "nchw")
    reader.expected((*node)["layout"], "input.layout", "nchw");
  if (const auto channels = reader.text(*node, "input", "channels", "bgr or rgb")) {
    if (*channels != "bgr" && *channels != "rgb")
      reader.expected((*node)["channels"], "input.channels", "bgr or rgb");
    input.channels = *channels == "rgb" ? ChannelOrder::Rgb : ChannelOrder::Bgr;
  }
  if (const auto mean = reader.reals(*node, "input", "mean", input.mean.size()))
    std::copy(mean->begin(), mean->end(), input.mean.begin());
  if (const auto deviation = reader.reals(*node, "input", "deviation", input.deviation.size())) {
    std::copy(deviation->begin(), deviation->end(), input.deviation.begin());
    if (std::any_of(deviation->begin(), deviation->end(),
                    [](float d) { return d < 1 / most_pixel_scale || d > most_pixel_scale; }))
      reader.expected((*node)["deviation"], "input.deviation", "three numbers above 0");
  }
}

void read_outputs(SpecReader& reader, const YAML::Node& root, std::vector<OutputSpec>& outputs) {
  constexpr std::string_view what = "a list with stride, scores, boxes for each stride";
  const auto list = reader.member(root, "", "outputs", what);
  if (!list) return;
  if (!list->IsSequence() || list->size() == 0) return reader.expected(*list, "outputs", what);
  std::set<int> strides;
  std::set<std::string> names;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const YAML::Node node = (*list)[i];
    const auto name = fmt::format("outputs[{}]", i);
    if (!reader.is_mapping(node, name, {"stride", "scores", "boxes"})) continue;
    OutputSpec output;
    output.stride = reader.whole(node, name, "stride", 1, most_stride).value_or(0);
    output.scores = reader.text(node, name, "scores", "the name of an output").value_or("");
    output.boxes = reader.text(node, name, "boxes", "the name of an output").value_or("");
    if (output.stride != 0 && !strides.insert(output.stride).second)
      reader.report(node, fmt::format("{}: stride {} is described twice", name, output.stride));
    for (const std::string& tensor : {output.scores, output.boxes})
      if (!tensor.empty() && !names.insert(tensor).second)
        reader.report(node, fmt::format("{}: output '{}' is used twice", name, tensor));
    outputs.push_back(std::move(output));
  }
}

void read_thresholds(SpecReader& reader, const YAML::Node& root, Thresholds& thresholds) {
  const auto node = reader.member(root, "", "thresholds", "a mapping with score, iou");
  if (!node || !reader.is_mapping(*node, "thresholds", {"score", "iou"})) return;
  thresholds.score = reader.real(*node, "thresholds", "score", 0, 1).value_or(0);
  thresholds.iou = reader.real(*node, "thresholds", "iou", 0, 1).value_or(0);
}

void read_labels(SpecReader& reader, const YAML::Node& root, std::vector<std::string>& labels) {
  constexpr std::string_view what = "a list with one name per class";
  const auto list = reader.member(root, "", "labels", what);
  if (!list) return;
  if (!list->IsSequence() || list->size() == 0 || list->size() > most_labels)
    return reader.expected(*list, "labels", what);
  std::set<std::string> seen;
  for (const auto& node : *list) {
    if (!node.IsScalar() || node.Scalar().empty()) {
      reader.expected(node, fmt::format("labels[{}]", labels.size()), "a name");
    } else if (!seen.insert(node.Scalar()).second) {
      reader.report(node, fmt::format("label '{}' is given twice", node.Scalar()));
    }
    labels.push_back(node.IsScalar() ? node.Scalar() : "");
  }
}

}  // namespace

ModelSpec parse_model_spec(const std::string& yaml, std::vector<SpecProblem>& problems) {
  ModelSpec spec;
  try {
    const YAML::Node root = YAML::Load(yaml);
    SpecReader reader(problems);
    if (!reader.is_mapping(
            root, "", {"model", "weights", "input", "decoder", "outputs", "thresholds", "labels"}))
      return spec;
    spec.name = reader.text(root, "", "model", "the model's name").value_or("");
    read_weights(reader, root, spec);
    read_input(reader, root, spec.input);
    if (auto decoder = reader.text(root, "", "decoder", "nanodet")) {
      if (*decoder != "nanodet") reader.expected(root["decoder"], "decoder", "nanodet");
      spec.decoder = std::move(*decoder);
    }
    read_outputs(reader, root, spec.outputs);
    read_thresholds(reader, root, spec.thresholds);
    read_labels(reader, root, spec.labels);
  } catch (const YAML::Exception& error) {
    problems.push_back({error.mark.line + 1, error.mark.column + 1, "not YAML: " + error.msg});
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const SpecProblem& a, const SpecProblem& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  return spec;
}

std::string describe(std::string_view name, const SpecProblem& problem) {
  if (problem.line <= 0) return fmt::format("{}: {}", name, problem.text);
  return fmt::format("{}:{}:{}: {}", name, problem.line, problem.column, problem.text);
}

}  // namespace drover::models
