#include "models/model_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::models {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* good = R"(model: tiny
weights:
  file: model.onnx
  sha256: 7ecf0b372ecf00b12fd847f6b8c9610d239872fd108555a273cc076498aaccef
input:
  name: images
  width: 64
  height: 48
  layout: nchw
  channels: rgb
  mean: [1, 2.5, 3]
  deviation: [4, 5, 6]
decoder: nanodet
outputs:
  - {stride: 8, scores: s, boxes: b}
thresholds:
  score: 0.25
  iou: 0.5
labels: [cat, dog]
)";

std::vector<std::string> problems_of(const std::string& yaml) {
  std::vector<SpecProblem> problems;
  parse_model_spec(yaml, problems);
  std::vector<std::string> texts;
  for (const auto& problem : problems) texts.push_back(describe("m", problem));
  return texts;
}

std::string with(std::string yaml, const std::string& from, const std::string& to) {
  const auto at = yaml.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return yaml.replace(at, from.size(), to);
}

TEST(ModelSpec, HoldsWhatTheDescriptionSays) {
  std::vector<SpecProblem> problems;
  const ModelSpec spec = parse_model_spec(good, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(spec.name, "tiny");
  EXPECT_EQ(spec.weights_file, "model.onnx");
  EXPECT_EQ(spec.input.name, "images");
  EXPECT_EQ(spec.input.width, 64);
  EXPECT_EQ(spec.input.height, 48);
  EXPECT_EQ(spec.input.channels, ChannelOrder::Rgb);
  EXPECT_THAT(spec.input.mean, ElementsAre(1.0F, 2.5F, 3.0F));
  EXPECT_THAT(spec.input.deviation, ElementsAre(4.0F, 5.0F, 6.0F));
  ASSERT_EQ(spec.outputs.size(), 1U);
  EXPECT_EQ(spec.outputs[0].stride, 8);
  EXPECT_EQ(spec.outputs[0].scores, "s");
  EXPECT_EQ(spec.outputs[0].boxes, "b");
  EXPECT_EQ(spec.thresholds.score, 0.25F);
  EXPECT_THAT(spec.labels, ElementsAre("cat", "dog"));
}

struct Mistake {
  const char* from;
  const char* to;
  const char* message;
};

class ModelSpecMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(ModelSpecMistake, IsReportedWithPlaceAndExpectation) {
  EXPECT_THAT(problems_of(with(good, GetParam().from, GetParam().to)),
              ElementsAre(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    EachKind, ModelSpecMistake,
    ::testing::Values(
        Mistake{"model: tiny\n", "", "m:1:1: 'model' is missing; expected the model's name"},
        Mistake{"  width: 64", "  width: wide",
                "m:7:10: 'input.width' is \"wide\"; expected a whole number from 16 to 4096"},
        Mistake{"  width: 64", "  width: 64.5",
                "m:7:10: 'input.width' is \"64.5\"; expected a whole number from 16 to 4096"},
        Mistake{"  width: 64", "  width: 5000",
                "m:7:10: 'input.width' is \"5000\"; expected a whole number from 16 to 4096"},
        Mistake{"layout: nchw", "layout: nhwc",
                "m:9:11: 'input.layout' is \"nhwc\"; expected nchw"},
        Mistake{"channels: rgb", "channels: grey",
                "m:10:13: 'input.channels' is \"grey\"; expected bgr or rgb"},
        Mistake{"mean: [1, 2.5, 3]", "mean: [1, 2.5]",
                "m:11:9: 'input.mean' is a list of 2; expected a list of 3 numbers"},
        Mistake{"mean: [1, 2.5, 3]", "mean: [1, x, 3]",
                "m:11:9: 'input.mean' is a list of 3; expected a list of 3 numbers"},
        Mistake{"deviation: [4, 5, 6]", "deviation: [4, 0, 6]",
                "m:12:14: 'input.deviation' is a list of 3; expected three numbers above 0"},
        Mistake{"decoder: nanodet", "decoder: yolo",
                "m:13:10: 'decoder' is \"yolo\"; expected nanodet"},
        Mistake{"boxes: b}", "boxes: s}", "m:15:5: outputs[0]: output 's' is used twice"},
        Mistake{"score: 0.25", "score: 25",
                "m:17:10: 'thresholds.score' is \"25\"; expected a number from 0 to 1"},
        Mistake{"score: 0.25", "score: nan",
                "m:17:10: 'thresholds.score' is \"nan\"; expected a number from 0 to 1"},
        Mistake{"iou: 0.5", "iou: 0.5\n  iou: 0.6",
                "m:19:3: 'thresholds.iou' is given twice; the first one stands"},
        Mistake{"labels: [cat, dog]", "labels: [cat, cat]", "m:19:15: label 'cat' is given twice"},
        Mistake{"labels: [cat, dog]", "labels: []",
                "m:19:9: 'labels' is a list of 0; expected a list with one name per class"},
        Mistake{"file: model.onnx", "file: ../model.onnx",
                "m:3:9: 'weights.file' is \"../model.onnx\"; expected a file name in the folder, "
                "such as model.onnx"},
        Mistake{"7ecf0b", "7ECF0B",
                "m:4:11: 'weights.sha256' is \"7ECF0B372ecf00b12fd847f6b8c9610d239872fd...\"; "
                "expected 64 lower-case "
                "hex digits, as sha256sum prints them"}));

TEST(ModelSpec, ReportsAllMistakesInTheOrderOfTheText) {
  const auto yaml = with(with(good, "iou: 0.5", "iou: -1"), "height: 48", "height: -48");
  EXPECT_THAT(
      problems_of(yaml),
      ElementsAre("m:8:11: 'input.height' is \"-48\"; expected a whole number from 16 to 4096",
                  "m:18:8: 'thresholds.iou' is \"-1\"; expected a number from 0 to 1"));
}

TEST(ModelSpec, GuessesTheKeyThatWasMeant) {
  EXPECT_THAT(
      problems_of(with(good, "stride: 8", "strid: 8")),
      ElementsAre("m:15:5: 'outputs[0].stride' is missing; expected a whole number from 1 to 256",
                  "m:15:6: no such key: 'outputs[0].strid'; did you mean 'stride'?"));
}

TEST(ModelSpec, TakesTheFirstOfAKeyThatIsGivenTwice) {
  std::vector<SpecProblem> problems;
  EXPECT_EQ(parse_model_spec(std::string(good) + "model: other\n", problems).name, "tiny");
  EXPECT_EQ(problems.size(), 1U);
}

TEST(ModelSpec, SaysWhereTextStopsBeingYaml) {
  EXPECT_THAT(problems_of("model: tiny\nweights: [\n"),
              ElementsAre(::testing::StartsWith("m:3:1: not YAML: ")));
  EXPECT_THAT(problems_of("just words"),
              ElementsAre(::testing::HasSubstr("expected a mapping with model, weights")));
  EXPECT_THAT(problems_of(""),
              ElementsAre(::testing::HasSubstr("expected a mapping with model, weights")));
}

}  // namespace
}  // namespace drover::models
