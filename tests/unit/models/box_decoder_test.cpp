#include "models/box_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace drover::models {
namespace {
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::IsEmpty;

constexpr std::int64_t bins = 11;

/// A network of 32 x 32 pixels with strides 8 (16 cells) and 16 (4 cells), and two labels.
struct Outputs {
  ModelSpec spec;
  std::vector<std::vector<float>> buffers;
  std::vector<TensorView> views;

  explicit Outputs(std::int64_t batch = 1) {
    spec.input.width = spec.input.height = 32;
    spec.outputs = {{8, "s8", "b8"}, {16, "s16", "b16"}};
    spec.labels = {"cat", "dog"};
    for (const std::int64_t cells : {16, 4})
      for (const std::int64_t values : {std::int64_t{2}, 4 * bins}) {
        buffers.emplace_back(static_cast<std::size_t>(batch * cells * values));
        views.push_back({{batch, cells, values}, {}});
      }
    for (std::size_t i = 0; i < views.size(); ++i) views[i].values = buffers[i];
  }

  /// Lets `cell` of `output` see `label`, its box reaching `distance` strides (whole) in every
  /// direction.
  void see(std::size_t output, std::size_t cell, std::size_t label, float score,
           std::size_t distance, std::size_t picture = 0) {
    const auto cells = static_cast<std::size_t>(views[2 * output].shape[1]);
    buffers[2 * output][(picture * cells + cell) * 2 + label] = score;
    for (std::size_t side = 0; side < 4; ++side)
      buffers[2 * output + 1][((picture * cells + cell) * 4 + side) * bins + distance] = 50;
  }
};

std::vector<ScoredBox> decode(const Outputs& outputs, Placement placement,
                              Thresholds thresholds = {0.35F, 0.5F}, std::int64_t picture = 0) {
  std::vector<ScoredBox> boxes{{0, 1, 1, 1, 1, 1}};  // What was there before goes.
  decode_nanodet(outputs.spec, outputs.views, picture, placement, thresholds, boxes);
  return boxes;
}
constexpr Placement same_size{32, 32, 1, 1, 0, 0};

testing::Matcher<const ScoredBox&> box(int label, float score, float left, float top, float right,
                                       float bottom) {
  return testing::AllOf(testing::Field("label", &ScoredBox::label, label),
                        testing::Field("score", &ScoredBox::score, FloatNear(score, 1e-6F)),
                        testing::Field("left", &ScoredBox::left, FloatNear(left, 1e-3F)),
                        testing::Field("top", &ScoredBox::top, FloatNear(top, 1e-3F)),
                        testing::Field("right", &ScoredBox::right, FloatNear(right, 1e-3F)),
                        testing::Field("bottom", &ScoredBox::bottom, FloatNear(bottom, 1e-3F)));
}

TEST(DecodeNanodet, PlacesABoxAroundItsCell) {
  Outputs outputs;
  outputs.see(0, 1 * 4 + 2, 1, 0.9F,
              1);  // Column 2, row 1: centre (19.5, 11.5), one stride of 8 each way.
  EXPECT_THAT(decode(outputs, same_size), ElementsAre(box(1, 0.9F, 11.5F, 3.5F, 27.5F, 19.5F)));
}

TEST(DecodeNanodet, TakesTheExpectationOverTheBins) {
  Outputs outputs;
  outputs.see(0, 5, 0, 0.5F, 1);
  outputs.buffers[1][5 * 4 * bins + 0] = 50;  // Left: bins 0 and 1 alike, so half a stride.
  EXPECT_THAT(decode(outputs, same_size), ElementsAre(box(0, 0.5F, 7.5F, 3.5F, 19.5F, 19.5F)));
}

TEST(DecodeNanodet, ReturnsToThePixelsOfTheOriginal) {
  Outputs outputs;
  outputs.see(0, 6, 1, 0.9F, 1);
  // 64 x 32 at half size, in rows 8 to 24 of the input.
  EXPECT_THAT(decode(outputs, {64, 32, 0.5F, 0.5F, 0, 8}),
              ElementsAre(box(1, 0.9F, 23, 0, 55, 23)));
}

TEST(DecodeNanodet, ClipsToThePictureAndDropsWhatIsLeftOutside) {
  Outputs outputs;
  outputs.see(1, 0, 0, 0.8F, 2);  // Centre (7.5, 7.5), 32 each way.
  EXPECT_THAT(decode(outputs, same_size), ElementsAre(box(0, 0.8F, 0, 0, 32, 32)));
  outputs.see(0, 0, 1, 0.9F,
              1);  // Rows -4.5 to 11.5: all of it is padding where the picture starts at row 12.
  EXPECT_THAT(decode(outputs, {32, 8, 1, 1, 0, 12}), ElementsAre(box(0, 0.8F, 0, 0, 32, 8)));
}

TEST(DecodeNanodet, KeepsScoresAtTheThresholdAndNoneBelow) {
  Outputs outputs;
  outputs.see(0, 0, 0, 0.35F, 1);
  outputs.see(0, 15, 0, std::nextafter(0.35F, 0.0F), 1);
  EXPECT_THAT(decode(outputs, same_size), ElementsAre(box(0, 0.35F, 0, 0, 11.5F, 11.5F)));
}

TEST(DecodeNanodet, OrdersByScoreThenByPlace) {
  Outputs outputs;
  outputs.see(0, 15, 0, 0.5F, 1);
  outputs.see(0, 0, 0, 0.5F, 1);
  outputs.see(1, 3, 1, 0.7F, 1);
  const auto boxes = decode(outputs, same_size);
  ASSERT_EQ(boxes.size(), 3U);
  EXPECT_EQ(boxes[0].label, 1);
  EXPECT_EQ(boxes[1].left, 0);
  EXPECT_GT(boxes[2].left, 0);
}

TEST(DecodeNanodet, ReadsTheAskedPictureOfABatch) {
  Outputs outputs(2);
  outputs.see(0, 6, 1, 0.9F, 1, 1);
  EXPECT_THAT(decode(outputs, same_size), IsEmpty());
  EXPECT_THAT(decode(outputs, same_size, {0.35F, 0.5F}, 1),
              ElementsAre(box(1, 0.9F, 11.5F, 3.5F, 27.5F, 19.5F)));
}

TEST(DecodeNanodet, ANetworkThatAnswersNanGivesNoBox) {
  Outputs outputs;
  outputs.see(0, 6, 1, 0.9F, 1);
  std::fill(outputs.buffers[1].begin(), outputs.buffers[1].end(),
            std::numeric_limits<float>::quiet_NaN());
  outputs.buffers[2][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(decode(outputs, same_size), IsEmpty());
}

TEST(CompareOutputs, FindsWhatDoesNotFit) {
  Outputs outputs;
  EXPECT_THAT(compare_outputs(outputs.spec, outputs.views), IsEmpty());
  outputs.spec.labels.emplace_back("horse");
  EXPECT_THAT(
      compare_outputs(outputs.spec, outputs.views),
      ElementsAre("output 's8' is [1, 16, 2]; expected [batch, 16 cells of stride 8, 3 labels]",
                  "output 's16' is [1, 4, 2]; expected [batch, 4 cells of stride 16, 3 labels]"));
}

std::vector<ScoredBox> random_boxes(std::mt19937& random) {
  const auto number = [&](unsigned below) { return static_cast<float>(random() % below); };
  std::vector<ScoredBox> boxes(random() % 60);
  for (auto& made : boxes) {
    const float left = number(50);
    const float top = number(50);
    made = {static_cast<int>(random() % 3), number(20) / 20,     left, top,
            left + 1 + number(30),          top + 1 + number(30)};
  }
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  return boxes;
}

TEST(Suppress, LeavesNoTwoBoxesOfOneLabelThatOverlapAndDropsNothingWithoutAReason) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    const auto before = random_boxes(random);
    auto after = before;
    suppress(after, 0.5F);
    for (std::size_t i = 0; i < after.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        ASSERT_FALSE(after[i].label == after[j].label &&
                     intersection_over_union(after[i], after[j]) > 0.5F);
    std::size_t next = 0;  // `after` is a subsequence of `before`.
    for (const auto& one : before) {
      if (next < after.size() && one == after[next]) {
        ++next;
        continue;
      }
      const auto covers = [&](const ScoredBox& kept) {
        return kept.label == one.label && kept.score >= one.score &&
               intersection_over_union(kept, one) > 0.5F;
      };
      ASSERT_TRUE(
          std::any_of(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(next), covers));
    }
    ASSERT_EQ(next, after.size());
    auto twice = after;
    suppress(twice, 0.5F);
    ASSERT_EQ(twice, after);
  }
}

TEST(Suppress, KeepsBoxesThatTouchAtTheLimitAndOnesOfOtherLabels) {
  std::vector<ScoredBox> boxes{
      {0, 0.9F, 0, 0, 10, 10}, {1, 0.8F, 0, 0, 10, 10}, {0, 0.7F, 0, 0, 10, 5}};
  const auto before = boxes;
  suppress(boxes, 0.5F);
  EXPECT_EQ(boxes, before);
  suppress(boxes, 0.49F);
  EXPECT_EQ(boxes.size(), 2U);
}

TEST(IntersectionOverUnion, IsTheShareOfWhatIsCovered) {
  EXPECT_FLOAT_EQ(intersection_over_union({0, 1, 0, 0, 10, 10}, {0, 1, 5, 0, 15, 10}), 1.0F / 3);
  EXPECT_FLOAT_EQ(intersection_over_union({0, 1, 0, 0, 10, 10}, {0, 1, 0, 0, 10, 10}), 1);
  EXPECT_FLOAT_EQ(intersection_over_union({0, 1, 0, 0, 10, 10}, {0, 1, 10, 0, 15, 10}), 0);
}

}  // namespace
}  // namespace drover::models
