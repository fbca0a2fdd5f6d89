// Every file below tests/data/workflows has the expected outcome beside it, as text. The first line
// of a workflow may say what is given on the command line: `# given: images=street count=5`.
//
// With DROVER_REWRITE=1 in the environment the expected texts are written anew; the difference is
// then reviewed like code.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/types/json.hpp"
#include "common/workflow/check.hpp"
#include "common/workflow/parse.hpp"
#include "tests/unit/common/workflow/tasks.hpp"

namespace drover {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

InputTexts given_in(const std::string& text) {
  constexpr std::string_view mark = "# given: ";
  InputTexts given;
  if (text.rfind(mark, 0) != 0) return given;
  std::istringstream words(text.substr(mark.size(), text.find('\n') - mark.size()));
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    given[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return given;
}

std::string describe(const Plan& plan, const Source& source, const Type& type);

std::string describe(const Plan& plan, const std::vector<Source>& sources, const Type& type) {
  std::string text;
  for (const auto& source : sources) {
    text += (text.empty() ? "" : ", ") + describe(plan, source, type);
  }
  return text;
}

std::string describe(const Plan& plan, const Source& source, const Type& type) {
  if (const auto* constant = std::get_if<Constant>(&source.from)) {
    return to_json_text(constant->value, type).value_or("NOT A " + to_string(type));
  }
  if (const auto* result = std::get_if<StepResult>(&source.from)) {
    constexpr const char* parts[] = {"value", "all", "ok", "failed"};
    return fmt::format("{} of {}", parts[static_cast<int>(result->part)],
                       plan.steps[result->step].name);
  }
  if (const auto* list = std::get_if<MakeList>(&source.from)) {
    return "[" + describe(plan, list->elements, type.element()) + "]";
  }
  return "join(" + describe(plan, std::get<Interpolate>(source.from).parts, Type::str()) + ")";
}

std::string describe(const StepOptions& options) {
  std::string text;
  const auto& failed = options.allow_failed;
  text += fmt::format("batch {}, timeout {} ms, retries {} {} {} {}, ", options.batch,
                      options.timeout / std::chrono::milliseconds(1), options.retries.crash,
                      options.retries.out_of_memory, options.retries.timeout,
                      options.retries.user_error);
  text += failed.is_share ? fmt::format("may fail {:g}", failed.share)
                          : fmt::format("may fail {}", failed.count);
  text += fmt::format(
      ", stop {}, canary {}, slots {}, cpu {:g}, gpu {:g}{}, memory {}", options.stop_when_exceeded,
      options.canary, options.concurrency, options.resources.cpu, options.resources.gpu,
      options.resources.gpu_preferred ? " preferred" : "", options.resources.memory.count);
  for (const auto& [label, value] : options.where) text += fmt::format(", {}={}", label, value);
  return text;
}

std::string describe(const Plan& plan) {
  std::string text =
      fmt::format("plan {}\nitem {}\nresults {}\n", plan.name, plan.item_word, plan.results);
  for (const auto& step : plan.steps) {
    text += fmt::format("\n{}: {}{} -> {}\n", step.name, step.map ? "each " : "", step.task.name,
                        to_string(step.result_type()));
    for (std::size_t i = 0; i < step.arguments.size(); ++i) {
      const auto& argument = step.arguments[i];
      const bool each = argument.feed == Feed::Each;
      text += fmt::format(
          "  {}{}: {} = {}{}\n", each ? "each " : "", argument.name, to_string(argument.type),
          describe(plan, argument.source, each ? Type::list_of(argument.type) : argument.type),
          step.key_argument == i ? "  (key)" : "");
    }
    text += fmt::format("  reads [{}]\n", fmt::join(step.reads, " "));
    if (!(step.options == StepOptions{})) text += fmt::format("  {}\n", describe(step.options));
  }
  return text + fmt::format("\noutputs [{}]\n", fmt::join(plan.outputs, " "));
}

std::string outcome_of(const fs::path& file) {
  const auto text = read_file(file);
  const auto spec = parse_workflow(text, file.filename());
  const auto outcome = check(spec, test_catalogue(), given_in(text), "/desk/dir");
  if (const auto* plan = std::get_if<Plan>(&outcome)) return describe(*plan);
  return render(std::get<std::vector<Diagnostic>>(outcome), text);
}

std::vector<fs::path> workflows_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(fs::path(DROVER_TEST_DATA) / "workflows" / folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class WorkflowFile : public testing::TestWithParam<fs::path> {};

TEST_P(WorkflowFile, HasTheExpectedOutcome) {
  auto expected = GetParam();
  expected.replace_extension(".txt");
  const auto outcome = outcome_of(GetParam());
  if (std::getenv("DROVER_REWRITE") != nullptr)
    std::ofstream(expected, std::ios::binary) << outcome;
  EXPECT_EQ(outcome, read_file(expected));
  const bool is_right = GetParam().parent_path().filename() == "right";
  EXPECT_EQ(outcome.rfind("plan ", 0) == 0, is_right);
}

std::string name_of_test(const testing::TestParamInfo<fs::path>& info) {
  auto name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Wrong, WorkflowFile, testing::ValuesIn(workflows_in("wrong")),
                         name_of_test);
INSTANTIATE_TEST_SUITE_P(Right, WorkflowFile, testing::ValuesIn(workflows_in("right")),
                         name_of_test);

TEST(Examples, AreRight) {
  const auto folder = fs::path(DROVER_TEST_DATA) / ".." / ".." / "examples";
  for (const auto* name : {"numbers.yaml", "offline-detection.yaml"}) {
    const auto text = read_file(folder / name);
    const auto spec = parse_workflow(text, name);
    InputTexts given;
    if (spec.inputs.front().name.text == "images") given["images"] = "street";
    const auto outcome = check(spec, test_catalogue(), given, "/desk/dir");
    if (const auto* problems = std::get_if<std::vector<Diagnostic>>(&outcome)) {
      ADD_FAILURE() << render(*problems, text);
    }
  }
}

TEST(WorkflowFiles, AreMany) { EXPECT_GE(workflows_in("wrong").size(), 25U); }

}  // namespace
}  // namespace drover
