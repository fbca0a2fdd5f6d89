#include "tests/unit/agent/vision/pictures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

namespace drover::vision {

Picture noise_picture(int width, int height, ChannelOrder order, unsigned seed) {
  std::mt19937 random(seed);
  Picture picture;
  picture.reshape(width, height, order);
  for (auto& value : picture.pixels) value = static_cast<std::uint8_t>(random());
  return picture;
}

Picture smooth_picture(int width, int height, ChannelOrder order) {
  Picture picture;
  picture.reshape(width, height, order);
  auto* at = picture.pixels.data();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      *at++ = static_cast<std::uint8_t>(255 * x / width);
      *at++ = static_cast<std::uint8_t>(255 * y / height);
      *at++ = static_cast<std::uint8_t>(80);
    }
  return picture;
}

Picture stored_as(const Picture& upright, Orientation orientation) {
  Picture stored;
  const bool swapped = swaps_sides(orientation);
  stored.reshape(swapped ? upright.height : upright.width, swapped ? upright.width : upright.height,
                 upright.order);
  // EXIF says where the stored row 0 and column 0 lie: for 6, "the 0th row is the right-hand side,
  // the 0th column the top".
  const int right = upright.width - 1;
  const int bottom = upright.height - 1;
  for (int row = 0; row < stored.height; ++row)
    for (int column = 0; column < stored.width; ++column) {
      int x = column;
      int y = row;
      switch (orientation) {
        case Orientation::AsStored:
          break;  // top, left
        case Orientation::Mirrored:
          x = right - column;
          break;  // top, right
        case Orientation::Turned:
          x = right - column;
          y = bottom - row;
          break;  // bottom, right
        case Orientation::Flipped:
          y = bottom - row;
          break;  // bottom, left
        case Orientation::Transposed:
          x = row;
          y = column;
          break;  // left, top
        case Orientation::Clockwise:
          x = right - row;
          y = column;
          break;  // right, top
        case Orientation::Transverse:
          x = right - row;
          y = bottom - column;
          break;  // right, bottom
        case Orientation::CounterClockwise:
          x = row;
          y = bottom - column;
          break;  // left, bottom
      }
      std::memcpy(stored.pixels.data() + (std::ptrdiff_t{row} * stored.width + column) * 3,
                  upright.pixels.data() + (std::ptrdiff_t{y} * upright.width + x) * 3, 3);
    }
  return stored;
}

FileBytes jpeg_of(const Picture& picture, int flags) {
  tjhandle const handle = tjInitCompress();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  const int format = picture.order == ChannelOrder::Rgb ? TJPF_RGB : TJPF_BGR;
  EXPECT_EQ(tjCompress2(handle, picture.pixels.data(), picture.width, 0, picture.height, format,
                        &made, &size, TJSAMP_444, 95, flags),
            0);
  FileBytes bytes(made, made + size);
  tjFree(made);
  tjDestroy(handle);
  return bytes;
}

FileBytes png_of(const Picture& picture) {
  return png_of(picture.pixels.data(), picture.width, picture.height,
                picture.order == ChannelOrder::Rgb ? PNG_FORMAT_RGB : PNG_FORMAT_BGR);
}

FileBytes png_of(const void* pixels, int width, int height, std::uint32_t format) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  FileBytes bytes(size);
  EXPECT_NE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr), 0)
      << image.message;
  bytes.resize(size);
  return bytes;
}

FileBytes exif_with(std::uint16_t orientation, bool little_endian) {
  FileBytes bytes;
  const auto put = [&](std::uint32_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i)
      bytes.push_back(static_cast<std::uint8_t>(value >> 8 * (little_endian ? i : width - 1 - i)));
  };
  bytes.assign(2, little_endian ? 'I' : 'M');
  put(42, 2);
  put(8, 4);  // Where the directory is.
  put(2, 2);  // Its entries: the resolution's unit, then the orientation.
  put(0x0128, 2), put(3, 2), put(1, 4), put(2, 2), put(0, 2);
  put(0x0112, 2), put(3, 2), put(1, 4), put(orientation, 2), put(0, 2);
  put(0, 4);
  return bytes;
}

FileBytes with_exif(const FileBytes& file, const FileBytes& exif) {
  FileBytes segment;
  const auto put = [&](std::size_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i)
      segment.push_back(static_cast<std::uint8_t>(value >> 8 * (width - 1 - i)));
  };
  const bool is_jpeg = file[0] == 0xff;
  if (is_jpeg) {
    put(0xffe1, 2);
    put(2 + 6 + exif.size(), 2);
    const std::string name("Exif\0\0", 6);
    segment.insert(segment.end(), name.begin(), name.end());
    segment.insert(segment.end(), exif.begin(), exif.end());
  } else {
    put(exif.size(), 4);
    const std::string name = "eXIf";
    segment.insert(segment.end(), name.begin(), name.end());
    segment.insert(segment.end(), exif.begin(), exif.end());
    std::uint32_t checksum = 0xffffffff;  // CRC-32 over type and data.
    for (std::size_t i = 4; i < segment.size(); ++i) {
      checksum ^= segment[i];
      for (int bit = 0; bit < 8; ++bit) checksum = checksum >> 1 ^ (checksum & 1 ? 0xedb88320 : 0);
    }
    put(~checksum, 4);
  }
  constexpr std::ptrdiff_t after_jpeg_start = 2;
  constexpr std::ptrdiff_t after_png_header = 8 + 25;
  FileBytes made = file;
  made.insert(made.begin() + (is_jpeg ? after_jpeg_start : after_png_header), segment.begin(),
              segment.end());
  return made;
}

FileBytes read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

FileBytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

std::filesystem::path frame(int number) {
  return std::filesystem::path(DROVER_TEST_DATA) / "frames" /
         fmt::format("frame_{:04}.jpg", number);
}

std::vector<std::filesystem::path> all_frames() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(frame(1).parent_path()))
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

int largest_difference(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.order, b.order);
  int largest = 0;
  for (std::size_t i = 0; i < std::min(a.size_bytes(), b.size_bytes()); ++i)
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  return largest;
}

}  // namespace drover::vision
