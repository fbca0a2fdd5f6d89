#include "models/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "models/box_decoder.hpp"
#include "tests/unit/models/model_folder.hpp"

namespace drover::models {
namespace {
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::size_t values_of_one = std::size_t{3} * 416 * 416;

const Model& nanodet() {
  static const Model model = load_model("nanodet-g-416").value();
  return model;
}

std::vector<float> noise(std::size_t pictures) {
  std::mt19937 random(7);
  std::vector<float> values(values_of_one * pictures);
  for (float& value : values) value = static_cast<float>(random() % 4096) / 1024.0F - 2.0F;
  return values;
}

std::vector<std::vector<float>> outputs_of(Engine& engine, std::span<const float> input,
                                           std::int64_t batch) {
  const auto outputs = engine.run(input, batch);
  EXPECT_TRUE(outputs) << outputs.error().context;
  std::vector<std::vector<float>> copies;
  for (const auto& view : *outputs) copies.emplace_back(view.values.begin(), view.values.end());
  return copies;
}

float largest_difference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

class EveryEngine : public ::testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override {
    if (GetParam() == EngineKind::OnnxRuntime && engine_report().kind != EngineKind::OnnxRuntime)
      GTEST_SKIP() << engine_report().reason;
  }
};
INSTANTIATE_TEST_SUITE_P(All, EveryEngine,
                         ::testing::Values(EngineKind::OpenCv, EngineKind::OnnxRuntime),
                         [](const auto& engine) {
                           return engine.param == EngineKind::OpenCv ? "OpenCv" : "OnnxRuntime";
                         });

TEST_P(EveryEngine, GivesTheOutputsThatTheDescriptionPromises) {
  auto engine = open_engine(nanodet(), GetParam());
  ASSERT_TRUE(engine) << engine.error().context;
  const auto input = noise(1);
  const auto outputs = (*engine)->run(input, 1);
  ASSERT_TRUE(outputs) << outputs.error().context;
  EXPECT_THAT(compare_outputs(nanodet().spec, *outputs), ::testing::IsEmpty());
}

TEST_P(EveryEngine, GivesTheSameForABatchAsForItsPicturesOneByOne) {
  auto engine = open_engine(nanodet(), GetParam());
  ASSERT_TRUE(engine) << engine.error().context;
  const auto input = noise(3);
  const auto together = outputs_of(**engine, input, 3);
  for (std::size_t picture = 0; picture < 3; ++picture) {
    const auto alone =
        outputs_of(**engine, std::span(input).subspan(picture * values_of_one, values_of_one), 1);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      const auto part = std::span(together[i]).subspan(picture * alone[i].size(), alone[i].size());
      EXPECT_LT(largest_difference(part, alone[i]), 1e-4F) << "output " << i;
    }
  }
}

TEST_P(EveryEngine, GivesTheSameAgainInItsUsedBuffers) {
  auto engine = open_engine(nanodet(), GetParam());
  ASSERT_TRUE(engine) << engine.error().context;
  const auto input = noise(1);
  const std::vector<float> zeros(values_of_one);
  const auto first = outputs_of(**engine, input, 1);
  outputs_of(**engine, zeros, 1);
  EXPECT_EQ(outputs_of(**engine, input, 1), first);
}

TEST_P(EveryEngine, SaysWhatIsWrongWithAFileThatIsNoNetwork) {
  Model model = nanodet();
  model.weights = "not a network";
  const auto engine = open_engine(model, GetParam());
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::Invalid);
  EXPECT_THAT(engine.error().context, HasSubstr("model.onnx"));
}

TEST_P(EveryEngine, SaysWhichOutputTheNetworkLacks) {
  Model model = nanodet();
  model.spec.outputs[0].scores = "scores_9";
  const auto engine = open_engine(model, GetParam());
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().context,
              AllOf(HasSubstr("the network has no output 'scores_9'"), HasSubstr("scores_8")));
}

TEST_P(EveryEngine, RefusesAnInputThatTheNetworkLacks) {
  Model model = nanodet();
  model.spec.input.name = "pictures";
  auto engine = open_engine(model, GetParam());
  const auto error = engine ? (*engine)->run(noise(1), 1).error() : engine.error();
  EXPECT_THAT(error.context, HasSubstr("pictures"));
}

TEST(Engines, AgreeWithinOneInTenThousand) {
  if (engine_report().kind != EngineKind::OnnxRuntime) GTEST_SKIP() << engine_report().reason;
  auto opencv = open_engine(nanodet(), EngineKind::OpenCv);
  auto onnxruntime = open_engine(nanodet(), EngineKind::OnnxRuntime);
  ASSERT_TRUE(opencv && onnxruntime);
  const auto input = noise(2);
  const auto a = outputs_of(**opencv, input, 2);
  const auto b = outputs_of(**onnxruntime, input, 2);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_LT(largest_difference(a[i], b[i]), 1e-4F) << "output " << i;
}

TEST(Engines, BestIsTheOneOfTheReport) {
  auto best = open_engine(nanodet());
  ASSERT_TRUE(best) << best.error().context;
  EXPECT_EQ((*best)->name(),
            engine_report().kind == EngineKind::OnnxRuntime ? "onnxruntime" : "opencv");
  EXPECT_FALSE(engine_report().version.empty());
  EXPECT_FALSE(engine_report().reason.empty());
}

/// The library is searched for once in a process, so each of these looks in a process of its own:
/// it prints the reason and exits with 0 if OpenCV is what is left.
class WithoutOnnxRuntime : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  [[noreturn]] static void report_with(const std::string& place) {
    setenv("DROVER_ONNXRUNTIME", place.c_str(), 1);
    std::fprintf(stderr, "%s\n", engine_report().reason.c_str());
    const auto engine = open_engine(nanodet());
    std::exit(engine_report().kind == EngineKind::OpenCv && engine && (*engine)->name() == "opencv"
                  ? 0
                  : 1);
  }
};

TEST_F(WithoutOnnxRuntime, OpenCvIsUsedAndTheReasonNamesTheMissingFile) {
  EXPECT_EXIT(report_with("/nowhere/lib.so"), ::testing::ExitedWithCode(0),
              "/nowhere/lib.so does not exist|without the headers");
}

TEST_F(WithoutOnnxRuntime, OpenCvIsUsedWhereTheFileIsNoLibrary) {
  EXPECT_EXIT(
      {
        const ModelFolder folder("no library");
        std::ofstream(folder.path() / "libonnxruntime.so.1") << "not a library";
        report_with(folder.path().string());
      },
      ::testing::ExitedWithCode(0),
      "libonnxruntime.so.1: file too short|invalid ELF|without the headers");
}

TEST_F(WithoutOnnxRuntime, OpenCvIsUsedWhereTheLibraryIsAnother) {
  EXPECT_EXIT(report_with("/lib/x86_64-linux-gnu/libz.so.1"), ::testing::ExitedWithCode(0),
              "is not ONNX Runtime|does not exist|without the headers");
}

TEST_F(WithoutOnnxRuntime, OpenCvIsUsedWhenItIsSwitchedOff) {
  EXPECT_EXIT(report_with("off"), ::testing::ExitedWithCode(0), "switched off|without the headers");
}

}  // namespace
}  // namespace drover::models
