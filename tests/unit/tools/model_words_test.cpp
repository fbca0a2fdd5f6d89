#include "tools/cli/model_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace drover::tools {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view workflow = R"(workflow: w
inputs:
  images: list[uri]
  model: str = nanodet-g-416
steps:
  found:
    task: detect
    each: {image: $images}
    with: {model: $model}
  again:
    task: detect
    each: {image: $images}
    with: {model: $model}
)";

std::vector<Diagnostic> said_of(const std::string& model, bool here = true) {
  return model_problems(workflow, "w.yaml", {{"model", model}}, here);
}

TEST(ModelWords, WhatIsThereIsRight) {
  EXPECT_THAT(model_problems(workflow, "w.yaml", {}, true), IsEmpty());
  EXPECT_THAT(said_of("nanodet-g-416"), IsEmpty());
  EXPECT_THAT(said_of(DROVER_SOURCE_DIR "/models/nanodet-g-416"), IsEmpty());
  EXPECT_THAT(said_of("file://" DROVER_SOURCE_DIR "/models/nanodet-g-416"), IsEmpty());
}

TEST(ModelWords, ANameThatIsNotBuiltInIsToldOnceWithWhatIsNear) {
  EXPECT_THAT(
      said_of("nanodet-g-415"),
      ElementsAre(AllOf(Field(&Diagnostic::file, "-i model"),
                        Field(&Diagnostic::message, HasSubstr("did you mean 'nanodet-g-416'?")))));
  std::string text(workflow);
  text.replace(text.find("nanodet-g-416"), 13, "nanodet-g-41x");
  EXPECT_THAT(model_problems(text, "w.yaml", {}, true),
              ElementsAre(AllOf(Field(&Diagnostic::file, "w.yaml"), Field(&Diagnostic::line, 4))));
}

TEST(ModelWords, ARelativePathIsToldWithTheAbsoluteOne) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(DROVER_SOURCE_DIR);
  const auto problems = said_of("models/nanodet-g-416");
  const auto word = model_of_word("models/nanodet-g-416/");
  std::filesystem::current_path(before);
  EXPECT_THAT(problems, ElementsAre(AllOf(
                            Field(&Diagnostic::message, HasSubstr("relative path")),
                            Field(&Diagnostic::hint, DROVER_SOURCE_DIR "/models/nanodet-g-416"))));
  EXPECT_EQ(word, DROVER_SOURCE_DIR "/models/nanodet-g-416/");
}

TEST(ModelWords, AFolderThatIsNotHereIsWrongOnlyWhereThePoolIs) {
  EXPECT_THAT(said_of("/nowhere/at/all"),
              ElementsAre(Field(&Diagnostic::message, HasSubstr("there is no such folder"))));
  EXPECT_THAT(said_of("/nowhere/at/all", false), IsEmpty());
}

TEST(ModelWords, WhatIsNotKnownYetIsNotJudged) {
  std::string text(workflow);
  text.replace(text.find("str = nanodet-g-416"), 19, "str");
  EXPECT_THAT(model_problems(text, "w.yaml", {}, true), IsEmpty());
  EXPECT_THAT(model_problems("steps: [", "w.yaml", {}, true), IsEmpty());
}

TEST(ModelWords, ANameOnTheCommandLineStaysAName) {
  EXPECT_EQ(model_of_word("nanodet-g-416"), "nanodet-g-416");
  EXPECT_EQ(model_of_word("file:///a/b"), "file:///a/b");
  EXPECT_EQ(model_of_word("/a/b"), "/a/b");
}

}  // namespace
}  // namespace drover::tools
