#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/tasks/vision/summarise.hpp"
#include "agent/worker/call_task.hpp"
#include "agent/worker/task_set.hpp"
#include "common/types/codec.hpp"

namespace drover::tasks {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

fs::path frames() { return fs::path(DROVER_TEST_DATA) / "frames"; }

/// A call of one item with whole values as arguments.
class OneCall final : public sdk::Call {
 public:
  explicit OneCall(std::vector<std::string> values) : values_(std::move(values)) {
    for (const auto& value : values_)
      ends_.push_back({0, static_cast<std::uint32_t>(value.size())});
    for (std::size_t i = 0; i < values_.size(); ++i)
      views_.push_back({values_[i].data(), ends_[i].data()});
    arguments_ = views_;
    last_ = 1;
  }
  Result<std::unique_ptr<sdk::ElementSource>> open_list(std::size_t) const override {
    return fail(ErrorCode::Internal, "no list comes in chunks here");
  }
  Result<std::string_view> whole_list(std::size_t) const override {
    return fail(ErrorCode::Internal, "no list comes in chunks here");
  }
  sdk::ElementSink* list_sink() const override { return nullptr; }

 private:
  std::vector<std::string> values_;
  std::vector<std::array<std::uint32_t, 2>> ends_;
  std::vector<sdk::ArgumentView> views_;
};

class RunContext final : public Context {
 public:
  std::size_t items() const override { return 1; }
  std::string_view key(std::size_t) override { return key_; }
  std::uint64_t index(std::size_t) const override { return 0; }
  std::uint32_t attempt(std::size_t) const override { return 1; }
  std::uint32_t ordinal(std::size_t) const override { return ordinal_; }
  std::string_view run() const override { return "00000000000000000000000000007f3a"; }
  std::string_view step() const override { return "detections"; }
  std::string_view results() const override { return results_; }
  std::string_view common_folder() const override { return common_folder_; }
  void phase(std::string_view name) override { phases_.emplace_back(name); }
  bool cancelled() const override { return false; }

  std::string key_;
  std::uint32_t ordinal_ = 1;
  std::string results_;
  std::string common_folder_;
  std::vector<std::string> phases_;
};

/// The library as a worker loads it, and a folder for results.
class VisionTasks : public ::testing::Test {
 protected:
  VisionTasks() {
    std::string name = ::testing::TempDir() + "drover-vision-XXXXXX";
    folder_ = mkdtemp(name.data());
    tasks_.load_library(DROVER_VISION_LIBRARY);
  }
  ~VisionTasks() override { fs::remove_all(folder_); }

  std::unique_ptr<sdk::TaskObject> detector(std::optional<double> score = std::nullopt,
                                            std::optional<bool> draw = std::nullopt) {
    const std::vector<std::string> constants{encoded(std::string("nanodet-g-416")), encoded(score),
                                             encoded(draw)};
    const std::vector<std::string_view> views(constants.begin(), constants.end());
    auto made = tasks_.find("detect")->description.make(views);
    EXPECT_TRUE(made) << made.error().context;
    return std::move(*made);
  }
  sdk::Outcomes detect(sdk::TaskObject& task, const fs::path& image) {
    context_.key_ = image.string();
    context_.phases_.clear();
    sdk::Outcomes outcomes;
    task.call(OneCall({encoded(Uri{image.string()})}), context_, outcomes);
    return outcomes;
  }
  void in_a_run() {
    context_.results_ = (folder_ / "7f3a").string();
    context_.common_folder_ = folder_.string();
  }
  fs::path image(const std::string& name, const std::string& contents) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << contents;
    return folder_ / name;
  }

  fs::path folder_;
  worker::TaskSet tasks_;
  RunContext context_;
};

TEST_F(VisionTasks, HaveTheSignaturesThatWorkflowsAreWrittenAgainst) {
  const std::string box =
      "Box: {label: str, score: float, x: float, y: float, width: float, height: float}";
  const auto signatures = tasks_.signatures();
  ASSERT_EQ(signatures.size(), 2U);
  EXPECT_THAT(
      signatures[0],
      StartsWith("detect(image: uri, model: str, score: float?, draw: bool?) -> Detections"));
  EXPECT_THAT(signatures[0], HasSubstr(box));
  EXPECT_THAT(
      signatures[1],
      StartsWith("summarise_detections(detections: list[Detections?]) -> DetectionSummary"));
}

TEST_F(VisionTasks, SayOnlyThatOnnxRuntimeIsMissing) {
  for (const auto& note : tasks_.notes())
    EXPECT_THAT(note, StartsWith("detect runs on OpenCV DNN 4.6"));
}

TEST_F(VisionTasks, DetectWritesItsValueAsAFile) {
  in_a_run();
  const auto street = image("cameras/front/frame.jpg", file(frames() / "frame_0001.jpg"));
  auto task = detector();
  const auto outcomes = detect(*task, street);
  ASSERT_FALSE(outcomes.call_failure());
  ASSERT_THAT(outcomes.failures(), IsEmpty());
  const auto detections = decode<vision::Detections>(outcomes.value(0));
  ASSERT_TRUE(detections) << detections.error().context;
  EXPECT_EQ(detections->image, "frame.jpg");
  EXPECT_EQ(detections->width, 768);
  EXPECT_GE(detections->boxes.size(), 4U);
  EXPECT_EQ(file(folder_ / "7f3a/detections/cameras/front/frame.jpg.json"),
            vision::to_json(*detections) + "\n");
  EXPECT_FALSE(fs::exists(folder_ / "7f3a/detections/cameras/front/frame.jpg.boxes.jpg"));
  EXPECT_THAT(context_.phases_,
              ElementsAre("fetch", "decode", "preprocess", "infer", "boxes", "write"));
}

TEST_F(VisionTasks, DetectDrawsWhereAsked) {
  in_a_run();
  const auto street = image("frame.jpg", file(frames() / "frame_0001.jpg"));
  auto task = detector(std::nullopt, true);
  EXPECT_THAT(detect(*task, street).failures(), IsEmpty());
  EXPECT_THAT(file(folder_ / "7f3a/detections/frame.jpg.boxes.jpg"), StartsWith("\xff\xd8\xff"));
  EXPECT_TRUE(fs::exists(folder_ / "7f3a/detections/frame.jpg.json"));
}

TEST_F(VisionTasks, DetectAdoptsTheFilesOfAnEarlierAttempt) {
  in_a_run();
  const auto street = image("frame.jpg", file(frames() / "frame_0001.jpg"));
  auto task = detector();
  const auto first = detect(*task, street);
  const auto again = detect(*task, street);
  ASSERT_THAT(again.failures(), IsEmpty());
  EXPECT_EQ(again.value(0), first.value(0));
}

TEST_F(VisionTasks, DetectKeepsTheFilesOfRepeatedKeysApart) {
  in_a_run();
  const auto street = image("frame.jpg", file(frames() / "frame_0001.jpg"));
  const auto all = detector(0.1, true);
  const auto sure = detector(0.9, true);
  ASSERT_THAT(detect(*all, street).failures(), IsEmpty());
  context_.ordinal_ = 2;
  ASSERT_THAT(detect(*sure, street).failures(), IsEmpty());
  const fs::path files = folder_ / "7f3a/detections";
  EXPECT_NE(file(files / "frame.jpg~2.json"), file(files / "frame.jpg.json"));
  EXPECT_TRUE(fs::exists(files / "frame.jpg~2.boxes.jpg"));
}

TEST_F(VisionTasks, DetectWritesNothingWithoutARun) {
  auto task = detector(0.5, true);
  EXPECT_THAT(detect(*task, frames() / "frame_0001.jpg").failures(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(VisionTasks, DetectCalledByHandNamesItsFilesByTheImageAlone) {
  const std::map<std::string, std::string> arguments{
      {"image", encoded(Uri{(frames() / "frame_0001.jpg").string()})},
      {"model", encoded(std::string("nanodet-g-416"))}};
  const auto value =
      worker::call_task(tasks_, "detect", arguments, {(folder_ / "call-7f3a").string()});
  ASSERT_TRUE(value) << value.error().context;
  EXPECT_TRUE(fs::exists(folder_ / "call-7f3a/call/frame_0001.jpg.json"));
}

TEST_F(VisionTasks, DetectFailsTheItemWithItsReason) {
  auto task = detector();
  const auto reason = [&](const fs::path& path) {
    const auto outcomes = detect(*task, path);
    EXPECT_EQ(outcomes.failures().size(), 1U);
    return outcomes.failures().at(0).failure;
  };
  EXPECT_EQ(reason(image("a.jpg", "<html>")).text,
            "not a JPEG or PNG file: starts with \"<html>\"");
  EXPECT_TRUE(reason(folder_ / "a.jpg").permanent);
  EXPECT_EQ(reason(image("b.jpg", "")).text, "the file is empty");
  EXPECT_EQ(reason(image("c.jpg", file(frames() / "frame_0001.jpg").substr(0, 12'288))).text,
            "the JPEG ends after 12,288 bytes, before the end of the picture");
  EXPECT_THAT(reason(folder_ / "nowhere.jpg").text, HasSubstr("nowhere.jpg"));
  EXPECT_FALSE(reason(folder_ / "nowhere.jpg").permanent);
}

TEST_F(VisionTasks, DetectRefusesAModelOrAScoreThatIsNone) {
  const auto error = [&](const std::string& model, std::optional<double> score) {
    const std::vector<std::string> constants{encoded(model), encoded(score),
                                             encoded(std::optional<bool>())};
    const std::vector<std::string_view> views(constants.begin(), constants.end());
    const auto made = tasks_.find("detect")->description.make(views);
    // Every item meets the same: none is to be tried again.
    EXPECT_TRUE(made || made.error().code == ErrorCode::Invalid) << made.error().context;
    return made ? "made" : made.error().context;
  };
  EXPECT_THAT(
      error("resnet", std::nullopt),
      AllOf(StartsWith("model 'resnet' cannot be used: no built-in model 'resnet'; there is"),
            HasSubstr("'drover model check resnet'")));
  EXPECT_THAT(error("file:///nonsense", std::nullopt),
              StartsWith("model 'file:///nonsense' cannot be used: /nonsense/model.yaml: No such"));
  EXPECT_THAT(error("nanodet-g-416", 2.0), StartsWith("score is 2"));
}

TEST_F(VisionTasks, SummariseCountsObjectsAndImagesAndWhatFailed) {
  const auto with = [](std::vector<std::string> labels) {
    vision::Detections detections{"a.jpg", 10, 10, "m", {}};
    for (auto& label : labels) detections.boxes.push_back({std::move(label), 0.5, 0, 0, 1, 1});
    return std::optional(detections);
  };
  const std::vector<std::optional<vision::Detections>> all{with({"person", "person", "car"}),
                                                           std::nullopt, with({}),
                                                           with({"car", "bus"}), with({"person"})};
  auto task = tasks_.find("summarise_detections")->description.make({});
  ASSERT_TRUE(task);
  sdk::Outcomes outcomes;
  (*task)->call(OneCall({encoded(all)}), context_, outcomes);
  ASSERT_FALSE(outcomes.call_failure());
  ASSERT_THAT(outcomes.failures(), IsEmpty());
  const auto summary = decode<DetectionSummary>(outcomes.value(0));
  ASSERT_TRUE(summary);
  EXPECT_EQ(*summary,
            (DetectionSummary{4, 3, 1, {{"person", 3, 2}, {"car", 2, 2}, {"bus", 1, 1}}}));
}

}  // namespace
}  // namespace drover::tasks
