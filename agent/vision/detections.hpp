#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/types/describe.hpp"

namespace drover::vision {

/// An object that was found, in pixels of the upright original: corner and size. Pixels are rounded
/// to hundredths and the score to a ten-thousandth, so that a value and its file say the same.
struct Box {
  std::string label;
  double score = 0;  ///< 0 to 1
  double x = 0;      ///< Of the left edge, from the picture's left edge.
  double y = 0;      ///< Of the upper edge, from the picture's upper edge.
  double width = 0;
  double height = 0;

  bool operator==(const Box&) const = default;
};
DROVER_STRUCT(Box, label, score, x, y, width, height)

/// The objects of one picture, highest score first.
struct Detections {
  std::string image;       ///< Its name, as the caller knows it.
  std::int64_t width = 0;  ///< Of the upright picture, in pixels; so is height.
  std::int64_t height = 0;
  std::string model;
  std::vector<Box> boxes;

  bool operator==(const Detections&) const = default;
};
DROVER_STRUCT(Detections, image, width, height, model, boxes)

/// The detections as the JSON object that result files hold, on one line, keys in the order of the
/// structs.
std::string to_json(const Detections& detections);

}  // namespace drover::vision
