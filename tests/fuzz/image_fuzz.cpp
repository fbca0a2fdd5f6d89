#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "agent/vision/decode.hpp"

/// Throws bytes at what reads JPEG and PNG files: the walk over their structure, EXIF, and
/// decoding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover::vision;
  static ImageDecoder decoder;  // One for all files, as a worker has it.
  static Picture picture;
  constexpr std::int64_t quickly_decoded = 1 << 18;
  const std::span<const std::uint8_t> file(data, size);
  const auto known = inspect_image(file);
  if (known && known->width * known->height > quickly_decoded) return 0;
  const bool decoded = decoder.decode(file, ChannelOrder::Bgr, picture).has_value();
  if (!decoded) return 0;
  const bool turned = swaps_sides(known->orientation);
  if (picture.width != (turned ? known->height : known->width)) std::abort();
  if (picture.height != (turned ? known->width : known->height)) std::abort();
  return 0;
}
