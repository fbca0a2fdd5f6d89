#include "agent/vision/image_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <random>

#include "tests/unit/agent/vision/pictures.hpp"

namespace drover::vision {
namespace {
using ::testing::HasSubstr;

std::string reason(const FileBytes& file) {
  const auto image = inspect_image(file);
  return image ? "fine" : image.error().context;
}

TEST(InspectImage, ReadsFormatAndSize) {
  const Picture picture = smooth_picture(40, 30, ChannelOrder::Bgr);
  for (const FileBytes& file :
       {jpeg_of(picture), jpeg_of(picture, TJFLAG_PROGRESSIVE), png_of(picture)}) {
    const auto image = inspect_image(file);
    ASSERT_TRUE(image) << image.error().context;
    EXPECT_EQ(image->format, file[0] == 0xff ? ImageFormat::Jpeg : ImageFormat::Png);
    EXPECT_EQ(image->width, 40);
    EXPECT_EQ(image->height, 30);
    EXPECT_EQ(image->orientation, Orientation::AsStored);
  }
}

TEST(InspectImage, SaysHowAFileStartsThatIsNoImage) {
  EXPECT_EQ(reason({}), "the file is empty");
  EXPECT_EQ(reason(bytes_of("<html>\n<head>")), "not a JPEG or PNG file: starts with \"<html>\"");
  EXPECT_EQ(reason(bytes_of("no picture but a long text")),
            "not a JPEG or PNG file: starts with \"no picture but a\"");
  EXPECT_EQ(reason({0x00, 0x01, 0xfe}), "not a JPEG or PNG file: starts with bytes 00 01 fe");
  EXPECT_EQ(reason(bytes_of("\n")), "not a JPEG or PNG file: starts with bytes 0a");
  EXPECT_EQ(reason({0xff, 0xd8}), "not a JPEG or PNG file: starts with bytes ff d8");
  EXPECT_EQ(reason(bytes_of(std::string("ok\0\0\0\0\0\0\0\0\0\0", 12))),
            "not a JPEG or PNG file: starts with bytes 6f 6b 00 00 00 00 00 00");
}

TEST(InspectImage, NamesFormatsThatPeopleTakeForJpeg) {
  EXPECT_EQ(reason(bytes_of("RIFF....WEBPVP8 ")), "not a JPEG or PNG file but a WebP file");
  EXPECT_EQ(reason(bytes_of("GIF89a")), "not a JPEG or PNG file but a GIF file");
  EXPECT_EQ(reason(bytes_of("....ftypheic")), "not a JPEG or PNG file but a HEIC file");
  EXPECT_EQ(reason(bytes_of(std::string("II*\0", 4))), "not a JPEG or PNG file but a TIFF file");
}

class CutOff : public ::testing::TestWithParam<const char*> {
 protected:
  static FileBytes whole() {
    const Picture picture = noise_picture(24, 24, ChannelOrder::Bgr);
    const std::string kind = GetParam();
    if (kind == "Png") return png_of(picture);
    return jpeg_of(picture, kind == "Progressive" ? TJFLAG_PROGRESSIVE : 0);
  }
};
INSTANTIATE_TEST_SUITE_P(EachKind, CutOff, ::testing::Values("Baseline", "Progressive", "Png"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(CutOff, IsToldAtEveryLength) {
  const FileBytes file = whole();
  ASSERT_EQ(reason(file), "fine");
  for (std::size_t length = 8; length < file.size(); ++length) {
    const FileBytes part(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_THAT(reason(part), HasSubstr("ends after")) << length;
  }
}

TEST_P(CutOff, IsToldWhereTheRestIsZero) {
  FileBytes file = whole();
  std::fill(file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2), file.end(),
            std::uint8_t{0});
  EXPECT_NE(reason(file), "fine");
}

TEST(InspectImage, SaysWhereAFileIsCutOff) {
  FileBytes photo = read_bytes(frame(1));
  photo.resize(12'288);
  EXPECT_EQ(reason(photo), "the JPEG ends after 12,288 bytes, before the end of the picture");
  photo.resize(100);
  EXPECT_EQ(reason(photo), "the JPEG ends after 100 bytes, before the picture begins");
  FileBytes png = png_of(noise_picture(24, 24, ChannelOrder::Bgr));
  png.resize(1'000);
  EXPECT_EQ(reason(png), "the PNG ends after 1,000 bytes, before the end of the picture");
  png.resize(33);
  EXPECT_EQ(reason(png), "the PNG ends after 33 bytes, before the picture begins");
}

TEST(InspectImage, IsNotMisledByWhatFollowsThePictureOrByItsThumbnail) {
  const FileBytes thumbnail = jpeg_of(smooth_picture(8, 8, ChannelOrder::Bgr));
  FileBytes exif = exif_with(1, true);
  exif.insert(exif.end(), thumbnail.begin(), thumbnail.end());
  FileBytes file = with_exif(jpeg_of(smooth_picture(40, 30, ChannelOrder::Bgr)), exif);
  EXPECT_EQ(inspect_image(file)->width, 40);
  FileBytes part(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(exif.size() + 40));
  EXPECT_THAT(reason(part), HasSubstr("ends after"));
  const FileBytes second = jpeg_of(smooth_picture(8, 8, ChannelOrder::Bgr));
  file.insert(file.end(), second.begin(), second.end());
  EXPECT_EQ(inspect_image(file)->width, 40);
}

TEST(InspectImage, RefusesWhatIsTooLargeFromItsHeaderAlone) {
  FileBytes png = png_of(smooth_picture(4, 4, ChannelOrder::Bgr));
  png[18] = 0x4e, png[19] = 0x20;  // 20,000
  png[22] = 0x27, png[23] = 0x10;  // 10,000
  EXPECT_EQ(reason(png),
            "the picture has 20,000 x 10,000 pixels, which is 200 megapixels; the limit is 100");
  EXPECT_EQ(inspect_image(png).error().code, ErrorCode::TooLarge);
  std::fill(png.begin() + 16, png.begin() + 24, std::uint8_t{0xff});  // As many as there may be.
  EXPECT_EQ(reason(png),
            "the picture has 4,294,967,295 x 4,294,967,295 pixels, which is 18,446,744,065,120 "
            "megapixels; the limit is 100");

  FileBytes jpeg = jpeg_of(smooth_picture(4, 4, ChannelOrder::Bgr));
  const std::string frame_marker("\xff\xc0\x00\x11\x08", 5);
  const auto at =
      std::search(jpeg.begin(), jpeg.end(), frame_marker.begin(), frame_marker.end(),
                  [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
  ASSERT_NE(at, jpeg.end());
  std::fill(at + 5, at + 9, std::uint8_t{0xff});
  EXPECT_EQ(reason(jpeg),
            "the picture has 65,535 x 65,535 pixels, which is 4,295 megapixels; the limit is 100");
}

TEST(InspectImage, ReadsTheOrientationOfBothFormatsInBothByteOrders) {
  const Picture picture = smooth_picture(16, 8, ChannelOrder::Bgr);
  for (const FileBytes& file : {jpeg_of(picture), png_of(picture)})
    for (const bool little : {true, false})
      for (std::uint16_t orientation = 1; orientation <= 8; ++orientation)
        EXPECT_EQ(static_cast<int>(
                      inspect_image(with_exif(file, exif_with(orientation, little)))->orientation),
                  orientation);
}

TEST(ExifOrientation, IsAsStoredWhereTheDataMakeNoSense) {
  EXPECT_EQ(exif_orientation({}), Orientation::AsStored);
  EXPECT_EQ(exif_orientation(exif_with(0, true)), Orientation::AsStored);
  EXPECT_EQ(exif_orientation(exif_with(9, true)), Orientation::AsStored);
  const FileBytes exif = exif_with(6, false);
  for (std::size_t length = 0; length < exif.size(); ++length)
    EXPECT_LE(static_cast<int>(exif_orientation(std::span(exif).first(length))), 8);
  FileBytes far_away = exif;
  std::fill(far_away.begin() + 4, far_away.begin() + 8, std::uint8_t{0xff});
  EXPECT_EQ(exif_orientation(far_away), Orientation::AsStored);
  EXPECT_EQ(exif_orientation(bytes_of("XX*.........")), Orientation::AsStored);
}

}  // namespace
}  // namespace drover::vision
