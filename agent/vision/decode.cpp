#include "agent/vision/decode.hpp"

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "common/check.hpp"

namespace drover::vision {
namespace {

/// Cameras write a few stray bytes before the end of a whole picture; more of them are data that
/// lost their place.
constexpr unsigned most_stray_bytes = 16;

/// Where libjpeg says of the data that they are damaged. JPEG has no checksums, so this is all that
/// can be known. Its other warnings (an unknown JFIF version and the like) leave the picture whole.
bool tells_of_damage(const char* warning) {
  unsigned stray = 0;
  unsigned marker = 0;
  if (std::sscanf(warning, "Corrupt JPEG data: %u extraneous bytes before marker 0x%x", &stray,
                  &marker) == 2)
    return marker != 0xd9 || stray > most_stray_bytes;
  for (const std::string_view sign :
       {"Corrupt JPEG data", "Premature end", "Inconsistent progression"})
    if (std::string_view(warning).find(sign) != std::string_view::npos) return true;
  return false;
}

/// Adobe's inverted CMYK, the one that occurs in JPEG files: 255 is no ink.
void from_cmyk(std::span<const std::uint8_t> cmyk, Picture& picture) {
  const std::size_t red = picture.order == ChannelOrder::Rgb ? 0 : 2;
  std::uint8_t* to = picture.pixels.data();
  for (std::size_t at = 0; at < cmyk.size(); at += 4, to += 3) {
    const unsigned light = cmyk[at + 3];
    to[red] = static_cast<std::uint8_t>(cmyk[at] * light / 255);
    to[1] = static_cast<std::uint8_t>(cmyk[at + 1] * light / 255);
    to[2 - red] = static_cast<std::uint8_t>(cmyk[at + 2] * light / 255);
  }
}

Result<void> decode_png(std::span<const std::uint8_t> file, Picture& stored) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  const auto damaged = [&] {
    auto error = fail(ErrorCode::Invalid, fmt::format("the PNG is damaged: {}", image.message));
    png_image_free(&image);
    return error;
  };
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) return damaged();
  image.format = stored.order == ChannelOrder::Rgb ? PNG_FORMAT_RGB : PNG_FORMAT_BGR;
  CHECK(image.width == static_cast<png_uint_32>(stored.width) &&
            image.height == static_cast<png_uint_32>(stored.height),
        "{} x {}", image.width, image.height);
  const png_color white{255, 255, 255};
  const int packed_rows = 0;
  if (png_image_finish_read(&image, &white, stored.pixels.data(), packed_rows, nullptr) == 0)
    return damaged();
  return {};
}

}  // namespace

ImageDecoder::ImageDecoder() : jpeg_(tjInitDecompress()) {
  CHECK(jpeg_ != nullptr, "no memory for a JPEG decoder");
}

void ImageDecoder::CloseJpeg::operator()(void* handle) const { tjDestroy(handle); }

Result<void> ImageDecoder::decode_jpeg(std::span<const std::uint8_t> file, Picture& stored) {
  // More scans than any real progressive file has would make a small file cost minutes: refused by
  // the flag.
  constexpr int flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  tjhandle const handle = jpeg_.get();
  const auto size = static_cast<unsigned long>(file.size());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(handle, file.data(), size, &width, &height, &subsampling, &colours) !=
          0 &&
      tjGetErrorCode(handle) == TJERR_FATAL)
    return fail(ErrorCode::Unsupported,
                fmt::format("the JPEG cannot be decoded: {}", tjGetErrorStr2(handle)));
  if (width != stored.width || height != stored.height)
    return fail(ErrorCode::Invalid, "the JPEG is damaged: it describes two pictures");

  const bool for_print = colours == TJCS_CMYK || colours == TJCS_YCCK;
  if (for_print) cmyk_.resize(stored.size_bytes() / 3 * 4);
  std::uint8_t* const pixels = for_print ? cmyk_.data() : stored.pixels.data();
  const int format = for_print                           ? TJPF_CMYK
                     : stored.order == ChannelOrder::Rgb ? TJPF_RGB
                                                         : TJPF_BGR;
  if (tjDecompress2(handle, file.data(), size, pixels, width, 0, height, format, flags) != 0) {
    const char* const said = tjGetErrorStr2(handle);
    if (tjGetErrorCode(handle) == TJERR_FATAL)
      return fail(ErrorCode::Unsupported, fmt::format("the JPEG cannot be decoded: {}", said));
    if (tells_of_damage(said))
      return fail(ErrorCode::Invalid, fmt::format("the JPEG is damaged: {}", said));
  }
  if (for_print) from_cmyk(cmyk_, stored);
  return {};
}

Result<void> ImageDecoder::decode(std::span<const std::uint8_t> file, ChannelOrder order,
                                  Picture& out) {
  const auto image = inspect_image(file);
  if (!image) return tl::unexpected(image.error());
  if (image->width == 0 || image->height == 0)
    return fail(ErrorCode::Unsupported,
                fmt::format("the picture has {} x {} pixels", image->width, image->height));
  const bool is_upright = image->orientation == Orientation::AsStored;
  Picture& stored = is_upright ? out : stored_;
  stored.reshape(static_cast<int>(image->width), static_cast<int>(image->height), order);
  auto decoded =
      image->format == ImageFormat::Jpeg ? decode_jpeg(file, stored) : decode_png(file, stored);
  if (!decoded) return decoded;
  if (!is_upright) turn_upright(stored_, image->orientation, out);
  return {};
}

void turn_upright(const Picture& stored, Orientation orientation, Picture& upright) {
  const bool swapped = swaps_sides(orientation);
  const std::ptrdiff_t width = stored.width;
  const std::ptrdiff_t height = stored.height;
  upright.reshape(swapped ? stored.height : stored.width, swapped ? stored.width : stored.height,
                  stored.order);

  // The upright picture's first pixel lies in this corner of the stored one; the steps lead from
  // there along its rows and columns.
  const bool from_right =
      orientation == Orientation::Mirrored || orientation == Orientation::Turned ||
      orientation == Orientation::Transverse || orientation == Orientation::CounterClockwise;
  const bool from_bottom =
      orientation == Orientation::Turned || orientation == Orientation::Flipped ||
      orientation == Orientation::Clockwise || orientation == Orientation::Transverse;
  const std::ptrdiff_t along_stored_row = from_right ? -3 : 3;
  const std::ptrdiff_t along_stored_column = (from_bottom ? -3 : 3) * width;
  const std::ptrdiff_t step_x = swapped ? along_stored_column : along_stored_row;
  const std::ptrdiff_t step_y = swapped ? along_stored_row : along_stored_column;
  const std::uint8_t* const first = stored.pixels.data() + (from_right ? (width - 1) * 3 : 0) +
                                    (from_bottom ? (height - 1) * width * 3 : 0);
  std::uint8_t* to = upright.pixels.data();
  for (int y = 0; y < upright.height; ++y) {
    const std::uint8_t* const from = first + y * step_y;
    for (int x = 0; x < upright.width; ++x, to += 3) std::memcpy(to, from + x * step_x, 3);
  }
}

}  // namespace drover::vision
