#include "agent/vision/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <random>

#include "tests/unit/agent/vision/pictures.hpp"

namespace drover::vision {
namespace {
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Picture decoded(const FileBytes& file, ChannelOrder order = ChannelOrder::Bgr) {
  ImageDecoder decoder;
  Picture picture;
  const auto done = decoder.decode(file, order, picture);
  EXPECT_TRUE(done) << done.error().context;
  return picture;
}

std::string reason(const FileBytes& file) {
  ImageDecoder decoder;
  Picture picture;
  const auto done = decoder.decode(file, ChannelOrder::Bgr, picture);
  return done ? "fine" : done.error().context;
}

std::vector<int> pixel(const Picture& picture, int x, int y) {
  const auto* const at = picture.pixels.data() + (std::ptrdiff_t{y} * picture.width + x) * 3;
  return {at[0], at[1], at[2]};
}

class InEachOrder : public ::testing::TestWithParam<ChannelOrder> {};
INSTANTIATE_TEST_SUITE_P(Decode, InEachOrder,
                         ::testing::Values(ChannelOrder::Bgr, ChannelOrder::Rgb),
                         [](const auto& order) {
                           return order.param == ChannelOrder::Bgr ? "Bgr" : "Rgb";
                         });

TEST_P(InEachOrder, PngGivesThePixelsItWasMadeOf) {
  const Picture picture = noise_picture(37, 23, GetParam());
  EXPECT_EQ(largest_difference(decoded(png_of(picture), GetParam()), picture), 0);
}

TEST_P(InEachOrder, JpegGivesNearlyThePixelsItWasMadeOf) {
  const Picture picture = smooth_picture(64, 48, GetParam());
  EXPECT_LE(largest_difference(decoded(jpeg_of(picture), GetParam()), picture), 6);
  EXPECT_LE(largest_difference(decoded(jpeg_of(picture, TJFLAG_PROGRESSIVE), GetParam()), picture),
            6);
}

class InEachOrientation : public ::testing::TestWithParam<int> {
 protected:
  static std::uint16_t number() { return static_cast<std::uint16_t>(GetParam()); }
  static Orientation orientation() { return static_cast<Orientation>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Decode, InEachOrientation, ::testing::Range(1, 9));

TEST_P(InEachOrientation, PngIsTurnedUpright) {
  const Picture upright = noise_picture(7, 5, ChannelOrder::Bgr);
  const FileBytes file =
      with_exif(png_of(stored_as(upright, orientation())), exif_with(number(), true));
  EXPECT_EQ(largest_difference(decoded(file), upright), 0);
}

TEST_P(InEachOrientation, JpegIsTurnedUpright) {
  const Picture upright = smooth_picture(48, 32, ChannelOrder::Rgb);
  const FileBytes file =
      with_exif(jpeg_of(stored_as(upright, orientation())), exif_with(number(), false));
  EXPECT_LE(largest_difference(decoded(file, ChannelOrder::Rgb), upright), 10);
}

TEST(Decode, ShowsWhatIsTransparentOnWhite) {
  const std::vector<std::uint8_t> rgba{10, 20, 30, 255, 10, 20, 30, 0};
  const Picture picture = decoded(png_of(rgba.data(), 2, 1, PNG_FORMAT_RGBA));
  EXPECT_THAT(pixel(picture, 0, 0), ElementsAre(30, 20, 10));
  EXPECT_THAT(pixel(picture, 1, 0), ElementsAre(255, 255, 255));
}

TEST(Decode, MakesGreyColour) {
  const std::vector<std::uint8_t> grey{7, 200};
  const Picture picture = decoded(png_of(grey.data(), 2, 1, PNG_FORMAT_GRAY));
  EXPECT_THAT(pixel(picture, 0, 0), ElementsAre(7, 7, 7));
  EXPECT_THAT(pixel(picture, 1, 0), ElementsAre(200, 200, 200));
}

TEST(Decode, TakesSixteenBitPng) {
  const std::vector<std::uint16_t> linear{0, 0, 0, 65535, 65535, 65535};
  const Picture picture = decoded(png_of(linear.data(), 2, 1, PNG_FORMAT_LINEAR_RGB));
  EXPECT_THAT(pixel(picture, 0, 0), ElementsAre(0, 0, 0));
  EXPECT_THAT(pixel(picture, 1, 0), ElementsAre(255, 255, 255));
}

TEST(Decode, TakesJpegMadeForPrinting) {
  // Adobe's inverted inks: no cyan, half magenta, all yellow, no black.
  std::vector<std::uint8_t> inks;
  for (int i = 0; i < 16 * 16; ++i) inks.insert(inks.end(), {255, 128, 0, 255});
  tjhandle const handle = tjInitCompress();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  ASSERT_EQ(
      tjCompress2(handle, inks.data(), 16, 0, 16, TJPF_CMYK, &made, &size, TJSAMP_444, 100, 0), 0);
  const FileBytes file(made, made + size);
  tjFree(made);
  tjDestroy(handle);
  const auto rgb = pixel(decoded(file, ChannelOrder::Rgb), 8, 8);
  EXPECT_NEAR(rgb[0], 255, 3);
  EXPECT_NEAR(rgb[1], 128, 3);
  EXPECT_NEAR(rgb[2], 0, 3);
  const auto bgr = pixel(decoded(file, ChannelOrder::Bgr), 8, 8);
  EXPECT_NEAR(bgr[2], 255, 3);
  EXPECT_NEAR(bgr[0], 0, 3);
}

TEST(Decode, ReusesItsBuffersForPicturesOfAnySize) {
  ImageDecoder decoder;
  Picture picture;
  for (const int side : {40, 8, 64, 16}) {
    const Picture expected = noise_picture(side, side + 3, ChannelOrder::Bgr);
    const FileBytes file =
        with_exif(png_of(stored_as(expected, Orientation::Clockwise)), exif_with(6, true));
    ASSERT_TRUE(decoder.decode(file, ChannelOrder::Bgr, picture));
    EXPECT_EQ(largest_difference(picture, expected), 0);
  }
}

TEST(Decode, GoesOnAfterAFileThatFailed) {
  ImageDecoder decoder;
  Picture picture;
  FileBytes broken = read_bytes(frame(1));
  broken.resize(broken.size() / 2);
  EXPECT_FALSE(decoder.decode(broken, ChannelOrder::Bgr, picture));
  EXPECT_TRUE(decoder.decode(read_bytes(frame(1)), ChannelOrder::Bgr, picture));
  EXPECT_EQ(picture.width, 768);
  EXPECT_EQ(picture.height, 576);
}

TEST(Decode, TellsDamagedDataFromAPicture) {
  // A hole of 512 bytes in the middle.
  FileBytes jpeg = read_bytes(frame(1));
  const auto middle = jpeg.begin() + static_cast<std::ptrdiff_t>(jpeg.size() / 2);
  jpeg.erase(middle, middle + 512);
  EXPECT_THAT(reason(jpeg), StartsWith("the JPEG is damaged: Corrupt JPEG data"));
  FileBytes stray = jpeg_of(smooth_picture(64, 64, ChannelOrder::Bgr));
  stray.insert(stray.end() - 2, 64, std::uint8_t{0});
  EXPECT_THAT(reason(stray), StartsWith("the JPEG is damaged: Corrupt JPEG data"));
  FileBytes png = png_of(noise_picture(64, 64, ChannelOrder::Bgr));
  png[png.size() / 2] ^= 0x55;
  EXPECT_THAT(reason(png), StartsWith("the PNG is damaged: "));
}

TEST(Decode, OverlooksAFewStrayBytesBeforeTheEndThatCamerasWrite) {
  FileBytes jpeg = jpeg_of(smooth_picture(64, 64, ChannelOrder::Bgr));
  jpeg.insert(jpeg.end() - 2, 8, std::uint8_t{0});
  EXPECT_EQ(reason(jpeg), "fine");
}

TEST(Decode, NeverCrashesOnFilesWithRandomDamage) {
  const Picture picture = noise_picture(24, 24, ChannelOrder::Bgr);
  std::mt19937 random(11);
  ImageDecoder decoder;
  Picture out;
  int failed = 0;
  for (const FileBytes& whole : {with_exif(jpeg_of(picture), exif_with(6, true)),
                                 jpeg_of(picture, TJFLAG_PROGRESSIVE), png_of(picture)})
    for (int round = 0; round < 1000; ++round) {
      FileBytes file = whole;
      for (unsigned i = 0; i <= random() % 8; ++i)
        file[random() % file.size()] = static_cast<std::uint8_t>(random());
      const auto done = decoder.decode(file, ChannelOrder::Bgr, out);
      if (!done) {
        ++failed;
        EXPECT_FALSE(done.error().context.empty());
      }
    }
  EXPECT_GT(failed, 1000);
}

}  // namespace
}  // namespace drover::vision
