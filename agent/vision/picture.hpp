#pragma once

#include <cstdint>
#include <vector>

#include "models/model_spec.hpp"

namespace drover::vision {

using models::ChannelOrder;

/// A decoded picture: uint8 [height, width, 3], rows packed, in host memory. Reuse one for many
/// pictures: it only grows.
struct Picture {
  int width = 0;
  int height = 0;
  ChannelOrder order = ChannelOrder::Bgr;
  std::vector<std::uint8_t> pixels;  ///< At least width * height * 3; the picture is at the front.

  std::size_t size_bytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
  }
  /// Makes room for a picture; what the pixels hold is unspecified.
  void reshape(int new_width, int new_height, ChannelOrder new_order) {
    width = new_width;
    height = new_height;
    order = new_order;
    if (pixels.size() < size_bytes()) pixels.resize(size_bytes());
  }
};

}  // namespace drover::vision
