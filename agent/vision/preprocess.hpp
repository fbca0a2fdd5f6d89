#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/vision/picture.hpp"
#include "models/box_decoder.hpp"
#include "models/model_spec.hpp"

namespace drover::vision {

/// For every pixel along one axis of the scaled picture: the two source pixels it lies between, and
/// how much of each.
struct AxisTable {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> second;
  std::vector<float> first_weight;
  std::vector<float> second_weight;  ///< 1 - first_weight, rounded once.
};

/// How pictures of one size are scaled into a network's input. Made once per size, on the host, for
/// every device.
///
/// The picture keeps its aspect ratio: its longer side (relative to the input's) fills the input,
/// the other is rounded to whole pixels, and the rest is shared between both ends, the odd pixel
/// going to the right or bottom.
/// Source   Half-pixel centres, the convention of OpenCV's INTER_LINEAR:
///          source = (target + 0.5) * source_size / scaled_size - 0.5, clamped to the picture.
struct LetterboxPlan {
  int source_width = 0;
  int source_height = 0;
  int input_width = 0;
  int input_height = 0;
  int scaled_width = 0;
  int scaled_height = 0;
  int left = 0;  ///< Padding before the picture; so is top.
  int top = 0;
  AxisTable columns;  ///< scaled_width entries
  AxisTable rows;     ///< scaled_height entries

  models::Placement placement() const;
};
/// Requires sizes above 0.
LetterboxPlan plan_letterbox(int source_width, int source_height, int input_width,
                             int input_height);

/// What becomes of a channel's value: (value - mean) * factor.
struct Normalisation {
  std::array<float, 3> mean{};
  std::array<float, 3> factor{};  ///< 1 / deviation, rounded once.
};
Normalisation normalisation_of(const models::InputSpec& input);

/// The grey around a letterboxed picture, before it is normalised.
constexpr float padding_grey = 114.0F;

/// Buffers of letterbox() between calls.
struct LetterboxScratch {
  std::array<std::vector<float>, 2> rows;  // float32 [scaled_width, 4]: source rows, scaled along x
};

/// Turns a picture into a network's input. Every other implementation must give the same bits.
///
/// Input    picture  uint8 [source_height, source_width, 3], rows packed, the network's channels
/// Output   tensor   float32 [3, input_height, input_width], letterboxed in grey 114, normalised
/// Bits     For channel c at column x and row y of the scaled picture, every operation rounded to
///          float32, in this order, none contracted into a fused multiply-add:
///            upper = p[first_row][first_column][c] * first_weight(x)
///                  + p[first_row][second_column][c] * second_weight(x)
///            lower = the same in second_row
///            value = upper * first_weight(y) + lower * second_weight(y)
///            out   = (value - mean[c]) * factor[c]
///          Padding is (114 - mean[c]) * factor[c].
/// Requires the picture has the plan's source size, the tensor 3 * input_height * input_width.
void letterbox(const Picture& picture, const LetterboxPlan& plan,
               const Normalisation& normalisation, LetterboxScratch& scratch,
               std::span<float> tensor);

}  // namespace drover::vision
