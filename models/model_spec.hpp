#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace drover::models {

/// The order of a picture's three channels in memory.
enum class ChannelOrder { Bgr, Rgb };

/// What a model wants to be fed: float32 [batch, 3, height, width], letterboxed, every value
/// (value - mean) / deviation.
struct InputSpec {
  std::string name;
  int width = 0;
  int height = 0;
  ChannelOrder channels = ChannelOrder::Bgr;
  std::array<float, 3> mean{};       ///< In the order of `channels`, for values from 0 to 255.
  std::array<float, 3> deviation{};  ///< Likewise; never 0.
};

/// The outputs that describe the cells of one stride.
struct OutputSpec {
  int stride = 0;
  std::string scores;  ///< The output's name: float32 [batch, cells, labels].
  std::string boxes;   ///< The output's name: float32 [batch, cells, 4 * bins].
};

struct Thresholds {
  float score = 0;  ///< A box with a lower score is dropped.
  float iou = 0;    ///< Two boxes of one label that overlap by more are one object.
};

/// The contents of a `model.yaml`, checked.
struct ModelSpec {
  std::string name;
  std::string weights_file;    ///< A file name in the model's folder.
  std::string weights_sha256;  ///< 64 lower-case hex digits.
  InputSpec input;
  std::string decoder;  ///< How outputs become boxes: `nanodet` (models/box_decoder.hpp).
  std::vector<OutputSpec> outputs;
  Thresholds thresholds;
  std::vector<std::string> labels;  ///< Unique, never empty.
};

/// Something wrong in a description, at a place in it.
struct SpecProblem {
  int line = 0;    ///< From 1; 0 where the text as a whole is meant.
  int column = 0;  ///< From 1.
  std::string text;
};

/// Reads a description, noting everything that is wrong with it in the order of the text.
///
/// Output   The description, complete only where no problem was added to `problems`.
ModelSpec parse_model_spec(const std::string& yaml, std::vector<SpecProblem>& problems);

/// `name:line:column: text`, or `name: text` for a problem of the whole.
std::string describe(std::string_view name, const SpecProblem& problem);

}  // namespace drover::models
