#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "agent/vision/image_file.hpp"
#include "agent/vision/picture.hpp"
#include "common/result.hpp"

namespace drover::vision {

/// Decodes JPEG and PNG files. Keeps its buffers: make one per thread and use it for many files.
///
/// Threads  One at a time.
class ImageDecoder {
 public:
  ImageDecoder();

  /// Decodes a whole file held in memory into the upright picture.
  ///
  /// Output   uint8 BGR or RGB, as `order` says. EXIF orientation is applied, grey and palettes
  ///          become colours, 16 bits become 8, what is transparent is shown on white.
  /// Errors   Those of inspect_image; Invalid where the data are damaged, Unsupported where the
  ///          libraries cannot read this kind of JPEG. `out` is then unspecified.
  Result<void> decode(std::span<const std::uint8_t> file, ChannelOrder order, Picture& out);

 private:
  struct CloseJpeg {
    void operator()(void* handle) const;
  };
  Result<void> decode_jpeg(std::span<const std::uint8_t> file, Picture& stored);

  std::unique_ptr<void, CloseJpeg> jpeg_;
  Picture stored_;                  // The picture before it is turned upright, where it must be.
  std::vector<std::uint8_t> cmyk_;  // uint8 [height, width, 4] of a JPEG made for printing.
};

/// Turns the stored picture upright. Input and output are different pictures.
void turn_upright(const Picture& stored, Orientation orientation, Picture& upright);

}  // namespace drover::vision
