#include "agent/vision/preprocess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <random>

#include "tests/unit/agent/vision/pictures.hpp"

namespace drover::vision {
namespace {
using ::testing::Each;
using ::testing::ElementsAre;

constexpr Normalisation plain{{0, 0, 0}, {1, 1, 1}};
constexpr Normalisation usual{{103.53F, 116.28F, 123.675F}, {1 / 57.375F, 1 / 57.12F, 1 / 58.395F}};

std::vector<float> letterboxed(const Picture& picture, int width, int height,
                               const Normalisation& normalisation) {
  LetterboxScratch scratch;
  std::vector<float> tensor(static_cast<std::size_t>(3 * width * height), -1e9F);
  letterbox(picture, plan_letterbox(picture.width, picture.height, width, height), normalisation,
            scratch, tensor);
  return tensor;
}

/// One value by the header's contract, looked up pixel by pixel; every step is stored, so none is
/// fused.
float by_contract(const Picture& picture, const LetterboxPlan& plan, const Normalisation& n, int c,
                  int x, int y) {
  const auto channel = static_cast<std::size_t>(c);
  const int column = x - plan.left;
  const int row = y - plan.top;
  const bool inside =
      column >= 0 && column < plan.scaled_width && row >= 0 && row < plan.scaled_height;
  volatile float value = padding_grey;
  if (inside) {
    const auto i = static_cast<std::size_t>(column);
    const auto j = static_cast<std::size_t>(row);
    const auto along = [&](std::int32_t source_row) {
      const auto at = [&](std::int32_t source_column) {
        return static_cast<float>(picture.pixels[(static_cast<std::size_t>(source_row) *
                                                      static_cast<std::size_t>(picture.width) +
                                                  static_cast<std::size_t>(source_column)) *
                                                     3 +
                                                 channel]);
      };
      volatile float first = at(plan.columns.first[i]) * plan.columns.first_weight[i];
      volatile float second = at(plan.columns.second[i]) * plan.columns.second_weight[i];
      volatile float sum = first + second;
      return static_cast<float>(sum);
    };
    volatile float upper = along(plan.rows.first[j]) * plan.rows.first_weight[j];
    volatile float lower = along(plan.rows.second[j]) * plan.rows.second_weight[j];
    value = upper + lower;
  }
  volatile float centred = value - n.mean[channel];
  volatile float out = centred * n.factor[channel];
  return out;
}

TEST(Letterbox, GivesTheBitsOfItsContract) {
  std::mt19937 random(5);
  LetterboxScratch scratch;  // Used again, as a detector does.
  for (int round = 0; round < 60; ++round) {
    const auto side = [&](unsigned most) { return 1 + static_cast<int>(random() % most); };
    const Picture picture =
        noise_picture(side(90), side(90), ChannelOrder::Bgr, static_cast<unsigned>(round));
    const int width = side(48);
    const int height = side(48);
    const LetterboxPlan plan = plan_letterbox(picture.width, picture.height, width, height);
    std::vector<float> tensor(static_cast<std::size_t>(3 * width * height), -1e9F);
    letterbox(picture, plan, usual, scratch, tensor);
    std::size_t at = 0;
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x, ++at)
          ASSERT_EQ(tensor[at], by_contract(picture, plan, usual, c, x, y))
              << picture.width << " x " << picture.height << " into " << width << " x " << height
              << " at " << c << ", " << x << ", " << y;
  }
}

TEST(Letterbox, CopiesAPictureOfTheInputsSize) {
  const Picture picture = noise_picture(9, 6, ChannelOrder::Bgr);
  const auto tensor = letterboxed(picture, 9, 6, plain);
  for (std::size_t pixel = 0; pixel < 54; ++pixel)
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_EQ(tensor[c * 54 + pixel], picture.pixels[pixel * 3 + c]);
}

TEST(Letterbox, InterpolatesBetweenPixelCentres) {
  Picture picture;
  picture.reshape(2, 1, ChannelOrder::Bgr);
  picture.pixels = {0, 10, 100, 255, 20, 100};
  const auto tensor = letterboxed(picture, 4, 2, plain);
  const std::vector<float> first_channel(tensor.begin(), tensor.begin() + 8);
  EXPECT_THAT(first_channel, ElementsAre(0, 63.75F, 191.25F, 255, 0, 63.75F, 191.25F, 255));
  const std::vector<float> second_channel(tensor.begin() + 8, tensor.begin() + 12);
  EXPECT_THAT(second_channel, ElementsAre(10, 12.5F, 17.5F, 20));
}

TEST(Letterbox, AveragesPairsAtHalfTheSize) {
  Picture picture;
  picture.reshape(4, 2, ChannelOrder::Bgr);
  for (int i = 0; i < 8; ++i)
    for (int c = 0; c < 3; ++c)
      picture.pixels[static_cast<std::size_t>(3 * i + c)] = static_cast<std::uint8_t>(i * 8);
  const auto tensor = letterboxed(picture, 2, 1, plain);
  EXPECT_THAT(std::vector<float>(tensor.begin(), tensor.begin() + 2), ElementsAre(20, 36));
}

TEST(Letterbox, NormalisesPictureAndPadding) {
  Picture picture;
  picture.reshape(4, 2, ChannelOrder::Bgr);
  picture.pixels.assign(24, 200);
  const auto tensor = letterboxed(picture, 4, 4, usual);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto row = [&](std::size_t y) {
      return std::vector<float>(tensor.begin() + static_cast<std::ptrdiff_t>(c * 16 + y * 4),
                                tensor.begin() + static_cast<std::ptrdiff_t>(c * 16 + y * 4 + 4));
    };
    EXPECT_THAT(row(0), Each((114.0F - usual.mean[c]) * usual.factor[c]));
    EXPECT_THAT(row(1), Each((200.0F - usual.mean[c]) * usual.factor[c]));
    EXPECT_THAT(row(2), Each((200.0F - usual.mean[c]) * usual.factor[c]));
    EXPECT_THAT(row(3), Each((114.0F - usual.mean[c]) * usual.factor[c]));
  }
}

TEST(Letterbox, ScalesAsOpenCvDoes) {
  for (const auto& [width, height] : {std::pair{768, 576}, {100, 301}, {31, 17}}) {
    Picture picture = noise_picture(width, height, ChannelOrder::Bgr);
    const LetterboxPlan plan = plan_letterbox(width, height, 96, 96);
    const auto tensor = letterboxed(picture, 96, 96, plain);
    const cv::Mat source(height, width, CV_8UC3, picture.pixels.data());
    cv::Mat real;
    cv::Mat scaled;
    source.convertTo(real, CV_32F);
    cv::resize(real, scaled, {plan.scaled_width, plan.scaled_height}, 0, 0, cv::INTER_LINEAR);
    for (int y = 0; y < plan.scaled_height; ++y)
      for (int x = 0; x < plan.scaled_width; ++x)
        for (int c = 0; c < 3; ++c)
          ASSERT_NEAR(
              tensor[static_cast<std::size_t>((c * 96 + y + plan.top) * 96 + x + plan.left)],
              scaled.at<cv::Vec3f>(y, x)[c], 0.01)
              << width << " x " << height << " at " << x << ", " << y;
  }
}

TEST(PlanLetterbox, PutsThePictureInTheMiddle) {
  const LetterboxPlan street = plan_letterbox(768, 576, 416, 416);
  EXPECT_EQ(street.scaled_width, 416);
  EXPECT_EQ(street.scaled_height, 312);
  EXPECT_EQ(street.left, 0);
  EXPECT_EQ(street.top, 52);
  const LetterboxPlan portrait = plan_letterbox(300, 601, 416, 416);
  EXPECT_EQ(portrait.scaled_height, 416);
  EXPECT_EQ(portrait.scaled_width, 208);
  EXPECT_EQ(portrait.left, 104);
}

TEST(PlanLetterbox, LeavesAtLeastAPixelOfTheThinnestPicture) {
  const LetterboxPlan line = plan_letterbox(10'000, 1, 416, 416);
  EXPECT_EQ(line.scaled_width, 416);
  EXPECT_EQ(line.scaled_height, 1);
  EXPECT_EQ(line.rows.first[0], 0);
  EXPECT_EQ(line.rows.second[0], 0);
}

TEST(PlanLetterbox, StaysInsideThePictureAndWeighsToOne) {
  std::mt19937 random(9);
  for (int round = 0; round < 200; ++round) {
    const int width = 1 + static_cast<int>(random() % 5000);
    const LetterboxPlan plan =
        plan_letterbox(width, 1 + static_cast<int>(random() % 5000), 416, 320);
    ASSERT_GE(plan.left, 0);
    ASSERT_LE(plan.left + plan.scaled_width, 416);
    ASSERT_LE(plan.top + plan.scaled_height, 320);
    for (std::size_t i = 0; i < plan.columns.first.size(); ++i) {
      ASSERT_GE(plan.columns.first[i], 0);
      ASSERT_LT(plan.columns.second[i], width);
      ASSERT_LE(plan.columns.second[i] - plan.columns.first[i], 1);
      ASSERT_NEAR(plan.columns.first_weight[i] + plan.columns.second_weight[i], 1, 1e-6);
    }
  }
}

TEST(PlanLetterbox, PlacesThePicturesCornersWhereTheyAre) {
  const models::Placement placement = plan_letterbox(768, 576, 416, 416).placement();
  EXPECT_FLOAT_EQ(768 * placement.scale_x + placement.offset_x, 416);
  EXPECT_FLOAT_EQ(576 * placement.scale_y + placement.offset_y, 364);
  EXPECT_FLOAT_EQ(placement.offset_y, 52);
}

TEST(NormalisationOf, DividesByMultiplying) {
  models::InputSpec input;
  input.mean = {1, 2, 3};
  input.deviation = {2, 4, 8};
  const Normalisation made = normalisation_of(input);
  EXPECT_THAT(made.mean, ElementsAre(1, 2, 3));
  EXPECT_THAT(made.factor, ElementsAre(0.5F, 0.25F, 0.125F));
}

}  // namespace
}  // namespace drover::vision
