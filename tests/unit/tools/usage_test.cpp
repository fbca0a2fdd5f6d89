#include "tools/cli/usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace drover::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What is said to these words, by a program with a command of each kind.
std::string said_to(std::vector<std::string> words) {
  CLI::App app{"a program", "drover"};
  app.require_subcommand(1);
  std::string name;
  std::uint32_t limit = 0;
  bool failed = false;
  std::vector<std::string> inputs;
  auto* show = app.add_subcommand("show", "All about a run");
  show->footer("Example:  drover show last");
  show->add_option("RUN", name, "An id, or last")->required();
  show->add_option("--limit", limit, "How many")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  auto* run = app.add_subcommand("run", "Start a workflow");
  run->add_option("FILE", name, "The workflow")->required();
  run->add_option("-i,--input", inputs, "name=value")->allow_extra_args(false);
  auto* again = app.add_subcommand("rerun", "What is missing of a run");
  again->add_option("RUN", name, "An id, or last")->required();
  again->add_option("--item", inputs, "Only this one")->allow_extra_args(false);
  again->add_flag("--failed", failed, "Only those");
  app.add_subcommand("ls", "The newest runs");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return usage_text(app, error, words);
  }
  return "understood";
}

TEST(Usage, ACommandThatIsNoneIsNamedWithTheOneThatIsNear) {
  EXPECT_EQ(said_to({"runn", "x"}),
            "drover: 'runn' is not a command; did you mean 'run'?\n"
            "  all commands:  drover --help\n");
  EXPECT_THAT(said_to({"runn", "x", "--state", "there"}), HasSubstr("'runn' is not a command"));
  EXPECT_THAT(said_to({"list"}), HasSubstr("did you mean 'ls'?"));
  EXPECT_THAT(said_to({"xyzzy"}), Not(HasSubstr("did you mean")));
}

TEST(Usage, AWorkflowWithoutItsCommandIsShownWithIt) {
  EXPECT_THAT(said_to({"my.yaml"}), HasSubstr("try:          drover run my.yaml\n"));
}

TEST(Usage, AWordThatIsMissingIsNamedAndDescribed) {
  EXPECT_EQ(said_to({"show"}),
            "drover show: RUN is missing: an id, or last\n"
            "  for example:  drover show last\n"
            "  all options:   drover show --help\n");
}

TEST(Usage, ANumberThatIsNoneIsNamedWithItsOption) {
  EXPECT_THAT(said_to({"show", "last", "--limit", "x"}),
              HasSubstr("drover show: --limit: 'x' is not a whole number from 1 on\n"));
  EXPECT_THAT(said_to({"show", "last", "--limit", "99999999999"}),
              HasSubstr(" up to 4294967295\n"));
  EXPECT_THAT(said_to({"show", "last", "--limit"}), HasSubstr("--limit has no value\n"));
  EXPECT_EQ(said_to({"show", "last", "--limit", "3"}), "understood");
}

TEST(Usage, AnOptionThatIsNoneIsNamedWithTheOneThatIsNear) {
  EXPECT_THAT(said_to({"show", "last", "--limti", "3"}),
              HasSubstr("there is no option '--limti'; did you mean '--limit'?\n"));
}

TEST(Usage, AnInputThatStandsAloneIsShownWithItsOption) {
  EXPECT_THAT(said_to({"run", "my.yaml", "a=3"}), HasSubstr("try:          -i a=3\n"));
}

TEST(Usage, AnOptionOfOneLetterIsNoNearerToAnotherOneThanToAnyOther) {
  EXPECT_THAT(said_to({"show", "last", "-i", "x"}),
              AllOf(HasSubstr("there is no option '-i'\n"), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(said_to({"show", "last", "-l", "3"}), HasSubstr("did you mean '--limit'?\n"));
}

TEST(Usage, ARerunSaysThatItKeepsItsInputs) {
  for (const auto* option : {"-i", "--input"}) {
    EXPECT_EQ(said_to({"rerun", "7f3a", option, "images=/my photos"}),
              "drover rerun: a rerun keeps the workflow and the inputs of its run\n"
              "  try:          drover run FILE -i 'images=/my photos'\n"
              "  all options:   drover rerun --help\n");
  }
}

TEST(Usage, AnInputThatIsTornIsShownAsOneWord) {
  EXPECT_EQ(said_to({"run", "my.yaml", "-i", "images", "/tmp"}),
            "drover run: an input is one word, name=value\n"
            "  try:          -i images=/tmp\n"
            "  all options:   drover run --help\n");
  EXPECT_THAT(said_to({"run", "-i", "a=1", "my.yaml", "x"}), HasSubstr("'x' is too much"));
}

TEST(Usage, WordsTooManyAreNamedBesideHowItIsWritten) {
  EXPECT_THAT(said_to({"show", "a", "b"}),
              HasSubstr("drover show: 'b' is too much; it is written  drover show RUN\n"));
}

TEST(Usage, TheWordsOfTheLibraryAreNeverSeen) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"nope"}, {"show"}, {"show", "a", "--limit", "x"}}) {
    EXPECT_THAT(said_to(words), AllOf(Not(HasSubstr("required")), Not(HasSubstr("convert")),
                                      Not(HasSubstr("SUBCOMMAND"))));
  }
}

}  // namespace
}  // namespace drover::tools
