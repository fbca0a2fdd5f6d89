#include "models/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/check.hpp"
#include "models/sha256.hpp"
#include "tests/unit/models/model_folder.hpp"

namespace drover::models {
namespace {
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string error_of(const std::string& model) {
  const auto loaded = load_model(model);
  return loaded ? "loaded" : loaded.error().context;
}

TEST(Sha256, GivesTheValuesOfTheStandard) {
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string abc = "abc";
  EXPECT_EQ(sha256_hex(abc), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Model, LoadsTheBuiltInOneByItsName) {
  const auto model = load_model("nanodet-g-416");
  ASSERT_TRUE(model) << model.error().context;
  EXPECT_EQ(model->spec.name, "nanodet-g-416");
  EXPECT_EQ(model->spec.labels.size(), 80U);
  EXPECT_EQ(model->spec.labels.front(), "person");
  EXPECT_EQ(model->weights.size(), 15'156'699U);
  EXPECT_THAT(builtin_models(), Contains("nanodet-g-416"));
}

TEST(Model, IsFoundByPathAndByFileUri) {
  const ModelFolder folder("found");
  EXPECT_EQ(error_of(folder.path().string()), "loaded");
  std::string escaped = folder.path().string();
  for (auto at = escaped.find(' '); at != std::string::npos; at = escaped.find(' '))
    escaped.replace(at, 1, "%20");
  EXPECT_EQ(error_of("file://" + escaped), "loaded");
  EXPECT_EQ(error_of("file:" + escaped), "loaded");
  EXPECT_EQ(error_of("file://localhost" + escaped), "loaded");
}

TEST(Model, SaysWhichNamesThereAreAndWhatElseIsTaken) {
  EXPECT_THAT(error_of("nanodet"), AllOf(StartsWith("no built-in model 'nanodet'; there is "),
                                         HasSubstr("nanodet-g-416"), HasSubstr("absolute path")));
  EXPECT_THAT(error_of("models/mine"),
              AllOf(HasSubstr("'models/mine'"), HasSubstr("an absolute path, or a file: URI")));
  EXPECT_THAT(error_of("s3://bucket/model"), HasSubstr("'s3://bucket/model'"));
  EXPECT_THAT(error_of("file://host/model"), HasSubstr("expected file:///absolute/path"));
  EXPECT_EQ(error_of("/nowhere/at/all"), "/nowhere/at/all/model.yaml: No such file or directory");
}

TEST(Model, NamesFileLineAndColumnOfAMistakeAndCountsTheOthers) {
  ModelFolder folder("mistakes");
  folder.replace("width: 416", "width: big").replace("iou: 0.5", "iou: 5");
  EXPECT_THAT(
      error_of(folder.path().string()),
      AllOf(StartsWith(folder.path().string() + "/model.yaml:11:10: 'input.width' is \"big\""),
            EndsWith(" (and 1 more)")));
  EXPECT_EQ(check_model(folder.path().string()).size(), 2U);
}

TEST(Model, RefusesWeightsThatAreNotTheOnesDescribed) {
  ModelFolder folder("weights");
  folder.write_weights("not a network");
  EXPECT_THAT(error_of(folder.path().string()),
              AllOf(HasSubstr("model.onnx has SHA-256 "), HasSubstr("model.yaml says 7ecf0b37"),
                    HasSubstr("damaged")));
  std::filesystem::remove(folder.path() / "model.onnx");
  EXPECT_THAT(error_of(folder.path().string()), EndsWith("model.onnx: No such file or directory"));
}

TEST(CheckModel, FindsNothingWrongWithTheBuiltInOne) {
  EXPECT_THAT(check_model("nanodet-g-416"), IsEmpty());
}

TEST(CheckModel, ComparesTheNetworkWithItsDescription) {
  ModelFolder folder("shapes");
  folder.replace("  - toothbrush\n", "").replace("  - {stride: 8,", "  - {stride: 4,");
  const auto problems = check_model(folder.path().string());
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_THAT(problems[0].context, HasSubstr("output 'scores_8' is [1, 2704, 80]; expected [batch, "
                                             "10816 cells of stride 4, 79 labels]"));
  EXPECT_THAT(problems[1].context,
              HasSubstr("output 'boxes_8' is [1, 2704, 44]; expected [batch, 10816 cells of "
                        "stride 4, 4 * bins]"));
}

TEST(CheckModel, NamesAnOutputThatTheNetworkLacks) {
  ModelFolder folder("names");
  folder.replace("scores_8", "scores_9");
  const auto problems = check_model(folder.path().string());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].context, HasSubstr("scores_9"));
}

TEST(CheckModel, SaysWhatIsWrongWithAFileThatIsNoNetwork) {
  ModelFolder folder("garbage");
  folder.write_weights("not a network");
  const std::string garbage = "not a network";
  folder.replace("7ecf0b372ecf00b12fd847f6b8c9610d239872fd108555a273cc076498aaccef",
                 sha256_hex(garbage));
  const auto problems = check_model(folder.path().string());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].context, HasSubstr("model.onnx: OpenCV DNN cannot load it"));
}

}  // namespace
}  // namespace drover::models
