#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "agent/vision/image_file.hpp"
#include "agent/vision/picture.hpp"

namespace drover::vision {

using FileBytes = std::vector<std::uint8_t>;

/// A picture of noise, or of smooth colours that survive JPEG.
Picture noise_picture(int width, int height, ChannelOrder order, unsigned seed = 1);
Picture smooth_picture(int width, int height, ChannelOrder order);

/// How a camera held in this way would have stored the upright picture, pixel by pixel from the
/// table in EXIF's text.
Picture stored_as(const Picture& upright, Orientation orientation);

FileBytes jpeg_of(const Picture& picture,
                  int flags = 0);  ///< `flags` are turbojpeg's. Quality 95, 4:4:4.
FileBytes png_of(const Picture& picture);
/// Any of libpng's simplified formats, from pixels packed in that format.
FileBytes png_of(const void* pixels, int width, int height, std::uint32_t format);

/// A TIFF header and a directory that holds an orientation.
FileBytes exif_with(std::uint16_t orientation, bool little_endian);
FileBytes with_exif(const FileBytes& jpeg_or_png, const FileBytes& exif);

FileBytes read_bytes(const std::filesystem::path& path);
FileBytes bytes_of(const std::string& text);
std::filesystem::path frame(int number);  ///< One of the street frames in tests/data/frames.
std::vector<std::filesystem::path> all_frames();

/// The largest difference between two pictures of the same size.
int largest_difference(const Picture& a, const Picture& b);

}  // namespace drover::vision
