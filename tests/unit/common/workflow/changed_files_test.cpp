// Workflows come from outside: whatever stands in a file, checking it ends with a plan or with
// messages.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/workflow/check.hpp"
#include "common/workflow/parse.hpp"
#include "tests/unit/common/workflow/tasks.hpp"

namespace drover {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& texts() {
  static const auto all = [] {
    std::vector<std::string> read;
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(DROVER_TEST_DATA) / "workflows")) {
      if (entry.path().extension() != ".yaml") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::stringstream text;
      text << in.rdbuf();
      read.push_back(text.str());
    }
    return read;
  }();
  return all;
}

void expect_plan_or_messages(const std::string& text) {
  static const Catalogue catalogue = test_catalogue();
  const auto outcome = check(parse_workflow(text, "file.yaml"), catalogue,
                             {{"images", "street"}, {"count", "5"}}, "/work");
  if (const auto* problems = std::get_if<std::vector<Diagnostic>>(&outcome)) {
    RC_ASSERT(!problems->empty());
    RC_ASSERT(!render(*problems, text).empty());
  } else {
    const auto& plan = std::get<Plan>(outcome);
    for (std::uint32_t i = 0; i < plan.steps.size(); ++i) {
      RC_ASSERT(plan.steps[i].arguments.size() == plan.steps[i].task.args.size());
      for (const auto read : plan.steps[i].reads) RC_ASSERT(read < i);
    }
  }
}

std::string any_text() { return *rc::gen::elementOf(texts()); }

RC_GTEST_PROP(ChangedWorkflows, EndInAPlanOrMessages, ()) {
  constexpr std::string_view special = "${}[]:,#'\"\\&*!|>?-@%~ \n\t.=01aZ\xc3\xff";
  auto text = any_text();
  for (int changes = *rc::gen::inRange(1, 8); changes > 0 && !text.empty(); --changes) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char c = special[*rc::gen::inRange<std::size_t>(0, special.size())];
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text[at] = c;
        break;
      case 1:
        text.insert(at, 1, c);
        break;
      default:
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 6));
        break;
    }
  }
  expect_plan_or_messages(text);
}

RC_GTEST_PROP(ChangedWorkflows, WithMixedLinesEndInAPlanOrMessages, ()) {
  std::string text;
  for (int parts = *rc::gen::inRange(1, 4); parts > 0; --parts) {
    const auto other = any_text();
    const auto at = *rc::gen::inRange<std::size_t>(0, other.size() + 1);
    const auto line = other.rfind('\n', at);
    text += other.substr(line == std::string::npos ? 0 : line + 1,
                         *rc::gen::inRange<std::size_t>(0, other.size() + 1));
  }
  expect_plan_or_messages(text);
}

TEST(ChangedWorkflows, OfDeepNestingAreRefused) {
  for (const auto* bracket : {"[", "{a: ", "- ", "? "}) {
    std::string text = "workflow: ";
    for (int i = 0; i < 20'000; ++i) text += bracket;
    const auto outcome = check(parse_workflow(text, "deep.yaml"), {}, {}, "/work");
    EXPECT_TRUE(std::holds_alternative<std::vector<Diagnostic>>(outcome)) << bracket;
  }
}

TEST(ChangedWorkflows, OfDocumentsWithoutEndAreRefused) {
  const auto outcome = check(parse_workflow(",?item:ge\n", "endless.yaml"), {}, {}, "/work");
  EXPECT_TRUE(std::holds_alternative<std::vector<Diagnostic>>(outcome));
}

TEST(ChangedWorkflows, WithVeryManyProblemsGiveTheFirst) {
  std::string text = "workflow: w\nsteps:\n";
  for (int i = 0; i < 50'000; ++i) text += "  s: 1\n";
  const auto outcome = check(parse_workflow(text, "many.yaml"), {}, {}, "/work");
  const auto& problems = std::get<std::vector<Diagnostic>>(outcome);
  EXPECT_EQ(problems.size(), max_diagnostics + 1);
  EXPECT_EQ(problems.back().message, "after 100 problems nothing was looked at");
}

TEST(ChangedWorkflows, BeyondTheLimitAreNotRead) {
  const std::string text(max_workflow_bytes + 1, '#');
  const auto outcome = check(parse_workflow(text, "large.yaml"), {}, {}, "/work");
  EXPECT_EQ(std::get<std::vector<Diagnostic>>(outcome).front().message,
            "a workflow has at most 1048576 bytes");
}

}  // namespace
}  // namespace drover
