#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "agent/vision/detections.hpp"
#include "agent/vision/picture.hpp"
#include "common/result.hpp"

namespace drover::vision {

/// Draws each box with its label and score into the picture; a label always has the same colour.
void draw_boxes(Picture& picture, std::span<const Box> boxes);

/// Writes pictures as JPEG files. Keeps its buffer: make one per thread.
class JpegEncoder {
 public:
  JpegEncoder();

  /// Output   A whole JPEG file (4:2:0); the view holds until the next call.
  /// Errors   Internal with libjpeg's words.
  Result<std::span<const std::uint8_t>> encode(const Picture& picture, int quality = 90);

 private:
  struct Close {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Close> handle_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace drover::vision
