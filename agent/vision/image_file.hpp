#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "common/result.hpp"

namespace drover::vision {

/// A picture with more pixels than this is refused before it is decoded.
constexpr std::int64_t most_pixels = 100'000'000;

enum class ImageFormat { Jpeg, Png };

/// How the stored rows and columns lie in the upright picture, as EXIF numbers it (tag 0x0112).
///
///   1 as stored     2 mirrored left-right    3 turned by 180 degrees       4 mirrored top-bottom
///   5 transposed    6 to be turned clockwise 7 transposed and turned 180
///                                            8 to be turned counter-clockwise
enum class Orientation : std::uint8_t {
  AsStored = 1,
  Mirrored,
  Turned,
  Flipped,
  Transposed,
  Clockwise,
  Transverse,
  CounterClockwise
};

/// True where the upright picture is as wide as the stored one is high.
constexpr bool swaps_sides(Orientation orientation) {
  return orientation >= Orientation::Transposed;
}

/// What a file says about itself before it is decoded.
struct ImageFile {
  ImageFormat format = ImageFormat::Jpeg;
  std::int64_t width = 0;  ///< As stored; so is height.
  std::int64_t height = 0;
  Orientation orientation = Orientation::AsStored;
};

/// Reads the structure of a JPEG or PNG file from first marker to last, without decoding it.
///
/// The walk to the end is how a file that is cut off is told: decoders fill the rest with grey and
/// only warn.
/// Errors   Invalid, with the reason for a person: empty, another kind of file (which, or how it
///          starts), cut off (where), damaged structure. TooLarge above most_pixels.
Result<ImageFile> inspect_image(std::span<const std::uint8_t> file);

/// Reads the orientation from EXIF data, which is a TIFF header and its first directory; AsStored
/// where it says none.
///
/// Source   CIPA DC-008 (Exif 2.32), 4.6.
Orientation exif_orientation(std::span<const std::uint8_t> tiff);

}  // namespace drover::vision
