#include "agent/vision/image_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

namespace drover::vision {
namespace {

using ByteView = std::span<const std::uint8_t>;

bool starts_with(ByteView bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

bool has_at(ByteView bytes, std::size_t at, std::string_view text) {
  return bytes.size() >= at && starts_with(bytes.subspan(at), text);
}

/// A number with the most significant byte first. Requires: `at + width` is inside.
std::uint32_t big_endian(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8U | bytes[at + i];
  return value;
}

/// 12288 as "12,288".
std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

tl::unexpected<Error> cut_off(std::string_view format, ByteView file, bool picture_has_begun) {
  return fail(ErrorCode::Invalid,
              fmt::format("the {} ends after {} bytes, {}", format, grouped(file.size()),
                          picture_has_begun ? "before the end of the picture"
                                            : "before the picture begins"));
}

/// Formats that people do put into picture folders.
std::optional<std::string_view> other_format(ByteView file) {
  if (starts_with(file, "RIFF") && has_at(file, 8, "WEBP")) return "a WebP file";
  if (starts_with(file, "GIF8")) return "a GIF file";
  if (starts_with(file, std::string_view("II*\0", 4)) ||
      starts_with(file, std::string_view("MM\0*", 4)))
    return "a TIFF file";
  if (starts_with(file, "%PDF-")) return "a PDF file";
  if (starts_with(file, std::string_view("\0\0\0\x0cJXL ", 8))) return "a JPEG XL file";
  for (const std::string_view brand : {"ftypheic", "ftypheix", "ftypmif1", "ftypheif"})
    if (has_at(file, 4, brand)) return "a HEIC file";
  if (has_at(file, 4, "ftypavif")) return "an AVIF file";
  if (starts_with(file, "BM") && file.size() >= 10 && big_endian(file, 6, 4) == 0)
    return "a BMP file";
  return std::nullopt;
}

/// How the file starts, as text where it is text.
std::string beginning(ByteView file) {
  constexpr std::size_t longest_text = 16;
  constexpr std::size_t longest_binary = 8;
  std::string text;
  for (const std::uint8_t byte : file.first(std::min(file.size(), longest_text))) {
    if (byte == '\n' || byte == '\r') break;
    if (byte < 0x20 || byte > 0x7e) {
      text.clear();
      break;
    }
    text += static_cast<char>(byte);
  }
  if (!text.empty()) return fmt::format("\"{}\"", text);
  return fmt::format("bytes {:02x}",
                     fmt::join(file.first(std::min(file.size(), longest_binary)), " "));
}

tl::unexpected<Error> not_an_image(ByteView file) {
  if (const auto format = other_format(file))
    return fail(ErrorCode::Invalid, fmt::format("not a JPEG or PNG file but {}", *format));
  return fail(ErrorCode::Invalid,
              fmt::format("not a JPEG or PNG file: starts with {}", beginning(file)));
}

/// Width and height have 32 bits at most, so their product has a place in 64 without a sign.
Result<ImageFile> within_limits(const ImageFile& image) {
  const auto width = static_cast<std::uint64_t>(image.width);
  const auto height = static_cast<std::uint64_t>(image.height);
  const std::uint64_t pixels = width * height;
  if (pixels <= std::uint64_t{most_pixels}) return image;
  return fail(ErrorCode::TooLarge,
              fmt::format("the picture has {} x {} pixels, which is {} megapixels; the limit is {}",
                          grouped(width), grouped(height), grouped((pixels + 999'999) / 1'000'000),
                          most_pixels / 1'000'000));
}

constexpr std::uint8_t marker_end = 0xd9;
constexpr std::uint8_t marker_scan = 0xda;
constexpr std::uint8_t marker_exif = 0xe1;

/// SOF0 to SOF15, without DHT, JPG and DAC, whose numbers lie among them.
bool starts_frame(std::uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}
/// TEM and the restarts: markers without a segment.
bool stands_alone(std::uint8_t marker) {
  return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/// The place of the 0xff of the next marker at or after `at`; the file's size where there is none.
/// Steps over the stuffed zeros and restarts of entropy-coded data.
std::size_t next_marker(ByteView file, std::size_t at) {
  while (at + 1 < file.size()) {
    const void* const found = std::memchr(file.data() + at, 0xff, file.size() - 1 - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - file.data());
    const std::uint8_t next = file[at + 1];
    if (next == 0xff) {
      ++at;  // A fill byte: any number of them may stand before a marker.
    } else if (next == 0 || stands_alone(next)) {
      at += 2;
    } else {
      return at;
    }
  }
  return file.size();
}

Result<ImageFile> inspect_jpeg(ByteView file) {
  ImageFile image{ImageFormat::Jpeg, 0, 0, Orientation::AsStored};
  bool has_frame = false;
  bool has_exif = false;
  bool in_scan = false;
  for (std::size_t at = 2;;) {
    at = next_marker(file, at);
    if (at >= file.size()) return cut_off("JPEG", file, in_scan);
    const std::uint8_t marker = file[at + 1];
    if (marker == marker_end) break;
    at += 2;
    if (at + 2 > file.size()) return cut_off("JPEG", file, in_scan);
    const std::size_t length = big_endian(file, at, 2);
    if (length < 2)
      return fail(ErrorCode::Invalid,
                  fmt::format("the JPEG is damaged: a segment of length {} at byte {}", length,
                              grouped(at)));
    if (at + length > file.size()) return cut_off("JPEG", file, in_scan);
    const ByteView segment = file.subspan(at + 2, length - 2);
    if (starts_frame(marker) && !has_frame && segment.size() >= 5) {
      has_frame = true;
      image.height = big_endian(segment, 1, 2);
      image.width = big_endian(segment, 3, 2);
      // Said at once: what comes after need not be walked through.
      if (auto fits = within_limits(image); !fits) return fits;
    } else if (marker == marker_exif && !has_exif &&
               starts_with(segment, std::string_view("Exif\0\0", 6))) {
      has_exif = true;
      image.orientation = exif_orientation(segment.subspan(6));
    } else if (marker == marker_scan) {
      in_scan = true;
    }
    at += length;
  }
  if (!has_frame || !in_scan)
    return fail(ErrorCode::Invalid, "the JPEG is damaged: it holds no picture");
  return image;
}

constexpr std::string_view png_signature("\x89PNG\r\n\x1a\n", 8);
constexpr std::size_t chunk_overhead = 12;  // length, type and checksum

Result<ImageFile> inspect_png(ByteView file) {
  ImageFile image{ImageFormat::Png, 0, 0, Orientation::AsStored};
  bool has_data = false;
  for (std::size_t at = png_signature.size();;) {
    if (file.size() - at < chunk_overhead) return cut_off("PNG", file, has_data);
    const std::size_t length = big_endian(file, at, 4);
    const bool is_data = has_at(file, at + 4, "IDAT");
    if (length > file.size() - at - chunk_overhead)
      return cut_off("PNG", file, has_data || is_data);
    const ByteView chunk = file.subspan(at + 8, length);
    if (at == png_signature.size()) {
      if (!has_at(file, at + 4, "IHDR") || length < 8)
        return fail(ErrorCode::Invalid, "the PNG is damaged: it does not begin with its header");
      image.width = big_endian(chunk, 0, 4);
      image.height = big_endian(chunk, 4, 4);
      if (auto fits = within_limits(image); !fits) return fits;
    } else if (has_at(file, at + 4, "eXIf")) {
      image.orientation = exif_orientation(chunk);
    } else if (has_at(file, at + 4, "IEND")) {
      return image;
    }
    has_data = has_data || is_data;
    at += length + chunk_overhead;
  }
}

}  // namespace

Orientation exif_orientation(ByteView tiff) {
  constexpr std::size_t entry_size = 12;
  constexpr std::uint32_t orientation_tag = 0x0112;
  constexpr std::uint32_t type_short = 3;
  const bool little = starts_with(tiff, std::string_view("II*\0", 4));
  if (!little && !starts_with(tiff, std::string_view("MM\0*", 4))) return Orientation::AsStored;
  const auto number = [&](std::size_t at, std::size_t width) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8U | tiff[little ? at + width - 1 - i : at + i];
    return value;
  };
  if (tiff.size() < 8) return Orientation::AsStored;
  const std::size_t directory = number(4, 4);
  if (directory > tiff.size() || tiff.size() - directory < 2) return Orientation::AsStored;
  const std::size_t entries = number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * entry_size;
    if (at + entry_size > tiff.size()) break;
    if (number(at, 2) != orientation_tag || number(at + 2, 2) != type_short) continue;
    const std::uint32_t value = number(at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<Orientation>(value) : Orientation::AsStored;
  }
  return Orientation::AsStored;
}

Result<ImageFile> inspect_image(ByteView file) {
  if (file.empty()) return fail(ErrorCode::Invalid, "the file is empty");
  if (starts_with(file, "\xff\xd8\xff")) return inspect_jpeg(file);
  if (starts_with(file, png_signature)) return inspect_png(file);
  return not_an_image(file);
}

}  // namespace drover::vision
