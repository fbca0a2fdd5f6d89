#include "tools/cli/item_words.hpp"

#include <gtest/gtest.h>

namespace drover::tools {
namespace {

/// What is meant by the words behind a run.
std::string meant_by(std::vector<std::string> words) {
  CLI::App app{"a program", "drover"};
  ItemWords item;
  add_item_words(app, item, false);
  app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  const auto meant = item.meant();
  if (!meant) return meant.error().context;
  return meant->step.value_or("-") + " " + meant->item.value_or("-");
}

TEST(ItemWords, AStepStandsInFrontOfItsItemOrBehindStep) {
  EXPECT_EQ(meant_by({"looks", "3"}), "looks 3");
  EXPECT_EQ(meant_by({"3", "--step", "looks"}), "looks 3");
  EXPECT_EQ(meant_by({"--step", "looks", "3"}), "looks 3");
  EXPECT_EQ(meant_by({"looks", "3", "--step", "looks"}), "looks 3");
}

TEST(ItemWords, AWordAloneIsTheItem) {
  EXPECT_EQ(meant_by({"3"}), "- 3");
  EXPECT_EQ(meant_by({"--step", "looks"}), "looks -");
  EXPECT_EQ(meant_by({}), "- -");
}

TEST(ItemWords, TwoStepsAreNotTaken) {
  EXPECT_EQ(meant_by({"looks", "3", "--step", "crops"}),
            "two steps are named, 'looks' and --step crops; one is enough");
}

}  // namespace
}  // namespace drover::tools
