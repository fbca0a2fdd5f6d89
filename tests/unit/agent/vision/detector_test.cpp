#include "agent/vision/detector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/vision/draw.hpp"
#include "tests/unit/agent/vision/pictures.hpp"

namespace drover::vision {
namespace {
using ::testing::HasSubstr;
using ::testing::StartsWith;

Detector load(models::EngineKind engine = models::EngineKind::Best,
              std::optional<double> score = std::nullopt) {
  auto detector = Detector::load("nanodet-g-416", {engine, score});
  EXPECT_TRUE(detector) << detector.error().context;
  return std::move(*detector);
}

double overlap(const Box& a, const Box& b) {
  const auto scored = [](const Box& box) {
    const auto f = [](double value) { return static_cast<float>(value); };
    return models::ScoredBox{0, 1, f(box.x), f(box.y), f(box.x + box.width), f(box.y + box.height)};
  };
  return models::intersection_over_union(scored(a), scored(b));
}

bool finds(const Detections& detections, const Box& box, double least_overlap) {
  return std::any_of(detections.boxes.begin(), detections.boxes.end(), [&](const Box& found) {
    return found.label == box.label && overlap(found, box) >= least_overlap;
  });
}

/// What a person sees in frame 1, measured by hand.
const std::vector<Box> seen_in_frame_1{{"person", 1, 254, 220, 27, 87},
                                       {"person", 1, 501, 157, 27, 76},
                                       {"person", 1, 641, 241, 43, 81},
                                       {"car", 1, 652, 44, 68, 53},
                                       {"car", 1, 735, 50, 33, 44}};

TEST(Detector, FindsThePeopleAndCarsOfAStreetWhereTheyAre) {
  Detector detector = load();
  const auto found = detector.detect(read_bytes(frame(1)));
  ASSERT_TRUE(found) << found.error().context;
  EXPECT_EQ(found->width, 768);
  EXPECT_EQ(found->height, 576);
  EXPECT_EQ(found->model, "nanodet-g-416");
  for (const Box& box : seen_in_frame_1)
    EXPECT_TRUE(finds(*found, box, 0.7)) << box.label << " at " << box.x;
  EXPECT_LE(found->boxes.size(), 10U);
  EXPECT_TRUE(std::is_sorted(found->boxes.begin(), found->boxes.end(),
                             [](const Box& a, const Box& b) { return a.score > b.score; }));
}

TEST(Detector, FindsTheSameInAPictureThatTheCameraStoredTurned) {
  Detector detector = load();
  const auto straight = detector.detect(read_bytes(frame(1)));
  ASSERT_TRUE(straight);
  const FileBytes turned =
      with_exif(jpeg_of(stored_as(detector.picture(), Orientation::Clockwise)), exif_with(6, true));
  const auto found = detector.detect(turned);
  ASSERT_TRUE(found) << found.error().context;
  EXPECT_EQ(found->width, 768);
  EXPECT_EQ(found->height, 576);
  for (const Box& box : seen_in_frame_1)
    EXPECT_TRUE(finds(*found, box, 0.7)) << box.label << " at " << box.x;
}

TEST(Detector, GivesEqualAnswersForEqualFilesWhateverCameBetween) {
  Detector detector = load();
  const FileBytes file = read_bytes(frame(1));
  const auto first = detector.detect(file);
  ASSERT_TRUE(first);
  ASSERT_TRUE(detector.detect(png_of(noise_picture(300, 500, ChannelOrder::Bgr))));
  ASSERT_FALSE(detector.detect({}));
  for (int width = 20; width < 40; ++width)  // More sizes than it remembers.
    ASSERT_TRUE(detector.detect(png_of(smooth_picture(width, 30, ChannelOrder::Bgr))));
  const auto again = detector.detect(file);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first);
}

TEST(Detector, BothEnginesFindTheSameOnStreetFrames) {
  if (models::engine_report().kind != models::EngineKind::OnnxRuntime)
    GTEST_SKIP() << models::engine_report().reason;
  Detector opencv = load(models::EngineKind::OpenCv);
  Detector onnxruntime = load(models::EngineKind::OnnxRuntime);
  EXPECT_EQ(opencv.engine(), "opencv");
  EXPECT_EQ(onnxruntime.engine(), "onnxruntime");
  std::size_t boxes = 0;
  std::size_t matched = 0;
  const auto frames = all_frames();
  ASSERT_GE(frames.size(), 24U);
  for (std::size_t i = 0; i < frames.size(); i += 4) {
    const auto a = opencv.detect(read_bytes(frames[i]));
    const auto b = onnxruntime.detect(read_bytes(frames[i]));
    ASSERT_TRUE(a && b);
    boxes += std::max(a->boxes.size(), b->boxes.size());
    for (const Box& box : a->boxes) matched += finds(*b, box, 0.9) ? 1 : 0;
  }
  EXPECT_GE(boxes, 24U);
  EXPECT_GE(static_cast<double>(matched), 0.99 * static_cast<double>(boxes));
}

TEST(Detector, TakesAnotherScoreThanTheModels) {
  const FileBytes file = read_bytes(frame(1));
  const auto usual = load().detect(file);
  const auto strict = load(models::EngineKind::Best, 0.7).detect(file);
  const auto loose = load(models::EngineKind::Best, 0.2).detect(file);
  ASSERT_TRUE(usual && strict && loose);
  EXPECT_LT(strict->boxes.size(), usual->boxes.size());
  EXPECT_GT(loose->boxes.size(), usual->boxes.size());
  for (const Box& box : strict->boxes) EXPECT_GE(box.score, 0.7);
}

TEST(Detector, KeepsBoxesInsideThePictureAndAtMostAThousand) {
  Detector detector = load(models::EngineKind::Best, 1e-6);
  const auto found = detector.detect(read_bytes(frame(1)));
  ASSERT_TRUE(found);
  EXPECT_GT(found->boxes.size(), 100U);
  EXPECT_LE(found->boxes.size(), models::most_boxes);
  for (const Box& box : found->boxes) {
    EXPECT_GE(box.x, 0);
    EXPECT_GE(box.y, 0);
    EXPECT_LE(box.x + box.width, 768.01);
    EXPECT_LE(box.y + box.height, 576.01);
  }
}

TEST(Detector, TakesPicturesOfExtremeShapes) {
  Detector detector = load();
  for (const auto& [width, height] : {std::pair{1, 1}, {2000, 1}, {1, 2000}, {416, 416}, {3, 2}})
    EXPECT_TRUE(detector.detect(png_of(noise_picture(width, height, ChannelOrder::Bgr))))
        << width << " x " << height;
}

TEST(Detector, SaysWhereItsTimeWent) {
  Detector detector = load();
  std::vector<std::string> names;
  ASSERT_TRUE(detector.detect(read_bytes(frame(1)),
                              [&](std::string_view name) { names.emplace_back(name); }));
  EXPECT_THAT(names, ::testing::ElementsAre("decode", "preprocess", "infer", "boxes"));
  EXPECT_GT(detector.phases().decode.count(), 0);
  EXPECT_GT(detector.phases().preprocess.count(), 0);
  EXPECT_GT(detector.phases().infer.count(), detector.phases().boxes.count());
  EXPECT_GT(detector.phases().boxes.count(), 0);
}

TEST(Detector, PassesOnWhatIsWrongWithAFileOrAModel) {
  Detector detector = load();
  const auto html = detector.detect(bytes_of("<html>"));
  ASSERT_FALSE(html);
  EXPECT_EQ(html.error().context, "not a JPEG or PNG file: starts with \"<html>\"");
  EXPECT_THAT(Detector::load("nanodet").error().context,
              StartsWith("model 'nanodet' cannot be used: no built-in"));
  EXPECT_THAT(Detector::load("nanodet-g-416", {models::EngineKind::Best, 0.0}).error().context,
              HasSubstr("expected a number above 0 and at most 1"));
  EXPECT_THAT(Detector::load("nanodet-g-416", {models::EngineKind::Best, 1.5}).error().context,
              HasSubstr("1.5"));
}

TEST(ToJson, HasTheFormThatResultFilesPromise) {
  const Detections detections{
      "frame_0001.jpg",
      768,
      576,
      "nanodet-g-416",
      {{"person", 0.8421, 640.25, 241, 43.5, 81.75}, {"traffic light", 0.5, 0, 1, 2, 3}}};
  EXPECT_EQ(
      to_json(detections),
      R"({"image":"frame_0001.jpg","width":768,"height":576,"model":"nanodet-g-416","boxes":[)"
      R"({"label":"person","score":0.8421,"x":640.25,"y":241.0,"width":43.5,"height":81.75},)"
      R"({"label":"traffic light","score":0.5,"x":0.0,"y":1.0,"width":2.0,"height":3.0}]})");
  EXPECT_EQ(to_json({"a.png", 1, 2, "m", {}}),
            R"({"image":"a.png","width":1,"height":2,"model":"m","boxes":[]})");
}

TEST(ToJson, SurvivesNamesThatAreNotText) {
  EXPECT_EQ(to_json({"a\xff\"\n.jpg", 1, 2, "m", {}}),
            "{\"image\":\"a\xef\xbf\xbd\\\"\\n.jpg\",\"width\":1,\"height\":2,\"model\":\"m\","
            "\"boxes\":[]}");
}

Picture black(int width, int height, ChannelOrder order) {
  Picture picture;
  picture.reshape(width, height, order);
  return picture;
}

std::vector<int> pixel(const Picture& picture, int x, int y) {
  const auto* const at = picture.pixels.data() + (std::ptrdiff_t{y} * picture.width + x) * 3;
  return {at[0], at[1], at[2]};
}

TEST(DrawBoxes, DrawsEdgesAndLeavesTheInsideAlone) {
  Picture picture = black(200, 150, ChannelOrder::Bgr);
  const std::vector<Box> boxes{{"person", 0.9, 50, 60, 80, 70}};
  draw_boxes(picture, boxes);
  const std::vector<int> nothing{0, 0, 0};
  EXPECT_NE(pixel(picture, 50, 100), nothing);
  EXPECT_NE(pixel(picture, 129, 100), nothing);
  EXPECT_NE(pixel(picture, 90, 129), nothing);
  EXPECT_EQ(pixel(picture, 90, 100), nothing);
  EXPECT_EQ(pixel(picture, 20, 20), nothing);
  EXPECT_EQ(pixel(picture, 131, 100), nothing);
}

TEST(DrawBoxes, UsesTheSameColourInBothChannelOrders) {
  Picture bgr = black(200, 150, ChannelOrder::Bgr);
  Picture rgb = black(200, 150, ChannelOrder::Rgb);
  const std::vector<Box> boxes{{"car", 0.9, 50, 60, 80, 70}};
  draw_boxes(bgr, boxes);
  draw_boxes(rgb, boxes);
  auto mirrored = pixel(rgb, 50, 100);
  std::reverse(mirrored.begin(), mirrored.end());
  EXPECT_EQ(pixel(bgr, 50, 100), mirrored);
  EXPECT_NE(pixel(bgr, 50, 100), pixel(rgb, 50, 100));
}

TEST(DrawBoxes, StaysInsideTheSmallestPicture) {
  Picture picture = black(1, 1, ChannelOrder::Bgr);
  draw_boxes(picture, std::vector<Box>{{"person", 0.9, 0, 0, 1, 1}});
  Picture small = black(8, 8, ChannelOrder::Bgr);
  draw_boxes(small, std::vector<Box>{{"a label that is wider than the picture", 0.9, 7, 7, 1, 1}});
  EXPECT_EQ(small.width, 8);
}

TEST(JpegEncoder, WritesWhatTheDecoderReads) {
  for (const ChannelOrder order : {ChannelOrder::Bgr, ChannelOrder::Rgb}) {
    const Picture picture = smooth_picture(120, 90, order);
    JpegEncoder encoder;
    const auto file = encoder.encode(picture);
    ASSERT_TRUE(file) << file.error().context;
    ImageDecoder decoder;
    Picture back;
    ASSERT_TRUE(decoder.decode(*file, order, back));
    EXPECT_LE(largest_difference(picture, back), 12);
  }
}

}  // namespace
}  // namespace drover::vision
