#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "tests/scenarios/scenario.hpp"

namespace drover::testing {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(DROVER_SCENARIOS)) {
    const bool scenario = entry.path().extension() == ".txt" && entry.path().stem() != "CMakeLists";
    if (scenario) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class ScenarioFile : public ::testing::TestWithParam<fs::path> {};

TEST_P(ScenarioFile, HasTheEffectsItSays) {
  const std::string text = text_of(GetParam());
  EXPECT_EQ(played(text), text)
      << "where the new effects are right, run `scenarios --rewrite` and review the diff";
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioFile, ::testing::ValuesIn(files()), [](const auto& each) {
  std::string name = each.param.stem();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace drover::testing

/// `scenarios --rewrite` writes the effects that commands have now into the files.
int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "--rewrite") {
    for (const auto& file : drover::testing::files()) {
      const auto now = drover::testing::played(drover::testing::text_of(file));
      std::ofstream(file) << now;
    }
    return 0;
  }
  ::testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
