#include "common/workflow/diagnostic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Render, LooksLikeThis) {
  const std::string text = "workflow: w\nsteps:\n  a: {image: $listing}\n";
  const std::vector<Diagnostic> problems = {
      {"detect.yaml", 3, 14, 8, "step 'a': 'image' takes one uri, $listing is list[uri]",
       "once per item of the list:  each: {image: $listing}"},
      {"-i imgs", 0, 0, 0, "no such input; did you mean 'images'?", ""},
      {"inputs", 0, 0, 0, "'images' has no value", "-i images=FOLDER"}};
  EXPECT_EQ(render(problems, text),
            "3 problems, nothing was started\n"
            "\n"
            "  detect.yaml:3:14  step 'a': 'image' takes one uri, $listing is list[uri]\n"
            "    3 |   a: {image: $listing}\n"
            "      |              ^^^^^^^^   once per item of the list:  each: {image: $listing}\n"
            "\n"
            "  -i imgs           no such input; did you mean 'images'?\n"
            "  inputs            'images' has no value:  -i images=FOLDER\n");
  EXPECT_EQ(render({problems[1]}, text, ""),
            "1 problem\n\n  -i imgs  no such input; did you mean 'images'?\n");
}

TEST(Render, ShowsOnlyWhatIsAroundTheMarkOfALongLine) {
  std::string line;
  for (int i = 0; i < 1000; ++i) line += "\u00fc";
  line.insert(1000, "mark");
  const auto shown = render({{"f", 1, 1001, 4, "wrong", ""}}, line);
  EXPECT_LT(shown.size(), 500U);
  EXPECT_THAT(shown, testing::HasSubstr("mark"));
  EXPECT_THAT(shown, testing::ContainsRegex("\\^\\^\\^\\^\n"));
}

TEST(Render, SurvivesAPlaceBeyondTheText) {
  EXPECT_THAT(render({{"f", 9, 7, 3, "wrong", ""}}, "one line"), testing::HasSubstr("9 | "));
}

TEST(Nearest, IsTheWordOfFewestEdits) {
  EXPECT_EQ(nearest("imgs", {"model", "images"}), "images");
  EXPECT_EQ(nearest("wiht", {"where", "with"}), "with");
  EXPECT_EQ(nearest("colour", {"model", "images"}), "");
  EXPECT_EQ(nearest("b", {"a"}), "a");
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), {std::string(1'000'000, 'b')}), "");
}

}  // namespace
}  // namespace drover
