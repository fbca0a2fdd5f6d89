#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/worker/call_task.hpp"
#include "agent/worker/command/command_spec.hpp"
#include "common/types/codec.hpp"
#include "common/types/json.hpp"
#include "common/types/packed.hpp"

namespace drover::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

TEST(CommandFile, DescribesProgramsAsTasks) {
  const auto file = parse_commands(R"(tasks:
  count_points:
    command: [./count, --json-lines]
    persistent: true
    args:
      cloud: uri
      limit: int?
    returns: list[Count]
types:
  Count: {label: str, n: int}
)",
                                   "/tasks/points.yaml");
  EXPECT_THAT(file.problems, ElementsAre());
  ASSERT_EQ(file.tasks.size(), 1U);
  const auto& task = file.tasks[0];
  EXPECT_EQ(to_string(task.signature),
            "count_points(cloud: uri, limit: int?) -> list[Count]\nCount: {label: str, n: int}");
  EXPECT_THAT(task.command, ElementsAre("./count", "--json-lines"));
  EXPECT_TRUE(task.persistent);
  EXPECT_EQ(task.folder, "/tasks");
}

TEST(CommandFile, SaysWhatIsWrongAndWhereAndKeepsTheRest) {
  const auto file = parse_commands(R"(tasks:
  shell:
    command: rm -rf everything
    returns: int
  nothing:
    command: [program]
  strange-name:
    command: [program]
    returns: Box
  good:
    command: [program]
    returns: int
    comand: [typo]
  fine:
    command: [program]
    returns: bool
)",
                                   "/tasks/wrong.yaml");
  ASSERT_EQ(file.tasks.size(), 1U);
  EXPECT_EQ(file.tasks[0].signature.name, "fine");
  EXPECT_THAT(
      file.problems,
      ElementsAre(HasSubstr("wrong.yaml:3: a command is a list"),
                  HasSubstr("wrong.yaml:5: task 'nothing' has no 'returns: type'"),
                  HasSubstr("'strange-name' cannot be the name"), HasSubstr("no type 'Box'"),
                  HasSubstr("wrong.yaml:13: 'comand' is not known here")));
}

TEST(CommandFile, TellsOneFaultOnceAndFaultsInTheOrderOfTheFile) {
  const auto file = parse_commands(R"(tasks:
  odd:
    returns: int
    command: []
    comand: [x]
    persistent: perhaps
  late:
    colour: red
)",
                                   "/tasks/w.yaml");
  EXPECT_THAT(file.problems,
              ElementsAre(HasSubstr("w.yaml:4: a command begins with a program"),
                          HasSubstr("w.yaml:5: 'comand'"), HasSubstr("w.yaml:6: 'persistent'"),
                          HasSubstr("w.yaml:7: task 'late' has no 'command"),
                          HasSubstr("w.yaml:7: task 'late' has no 'returns"),
                          HasSubstr("w.yaml:8: 'colour'")));
}

TEST(CommandFile, SaysHowToWriteTypesThatYamlDoesNotTakeInBraces) {
  const auto file = parse_commands("tasks:\n  a:\n    args: {limit: int?}\n", "a.yaml");
  EXPECT_THAT(file.problems, ElementsAre(HasSubstr("stand one a line, or in quotes")));
}

TEST(CommandFile, AMisspeltWordIsToldOnceWithWhatIsNearAndTheFileAsItWasNamed) {
  const auto file = parse_commands(R"(tasks:
  a:
    comand: [program]
    persistant: true
    args: {text: string}
    return: integer
)",
                                   "my/tasks/t.yaml");
  EXPECT_THAT(
      file.problems,
      ElementsAre("my/tasks/t.yaml:3: 'comand' is not known here; did you mean 'command'?",
                  "my/tasks/t.yaml:4: 'persistant' is not known here; did you mean 'persistent'?",
                  "my/tasks/t.yaml:5: argument 'text': there is no type 'string'; did you mean "
                  "'str'?",
                  "my/tasks/t.yaml:6: 'return' is not known here; did you mean 'returns'?"));
}

TEST(CommandFile, IsNotAWorkflowThatLiesBesideIt) {
  const auto file = parse_commands("workflow: w\nsteps: {}\n", "w.yaml");
  EXPECT_THAT(file.problems, ElementsAre());
  EXPECT_TRUE(file.tasks.empty());
  EXPECT_THAT(parse_commands("- a list\n", "w.yaml").problems,
              ElementsAre(HasSubstr("w.yaml:1: ")));
}

TEST(CommandName, IsTheScriptThatAnInterpreterRuns) {
  EXPECT_EQ(name_of({"./count", "model.onnx"}), "./count");
  EXPECT_EQ(name_of({"python3", "count_words.py", "--fast"}), "count_words.py");
  EXPECT_EQ(name_of({"/usr/bin/python3.11", "-u", "tools/count.py"}), "tools/count.py");
  EXPECT_EQ(name_of({"/usr/bin/env", "LANG=C", "python3", "-u", "count.py"}), "count.py");
  EXPECT_EQ(name_of({"bash", "-c", "wc -l"}), "bash");
  EXPECT_EQ(name_of({"python3"}), "python3");
}

class CommandTasks : public ::testing::Test {
 protected:
  CommandTasks()
      : folder_(fs::temp_directory_path() / fmt::format("drover-command-test-{}", getpid())) {
    fs::create_directories(folder_);
  }
  ~CommandTasks() override { fs::remove_all(folder_); }

  /// A task `run(n: int) -> RETURNS` that is a script of /bin/sh.
  void script(const std::string& text, const std::string& returns = "int",
              bool persistent = false) {
    std::ofstream(folder_ / "run.sh") << text;
    std::ofstream(folder_ / "run.yaml") << fmt::format(
        "tasks:\n  run:\n    command: [/bin/sh, run.sh]\n    persistent: {}\n    args: {{n: int}}\n"
        "    returns: {}\n",
        persistent, returns);
    tasks_ = TaskSet();
    tasks_.load_folder(folder_);
    ASSERT_THAT(tasks_.notes(), ElementsAre());
    object_ = std::move(*tasks_.find("run")->description.make({}));
  }
  /// The result as JSON, or the error. One object is used for all, as in a worker.
  std::string run(std::int64_t n) {
    const auto& returns = tasks_.find("run")->signature.returns;
    SharedObject task(tasks_, object_.get());
    const auto value = call_task(task.tasks, "run", {{"n", encoded(n)}}, {});
    return value ? *to_json_text(*value, returns) : value.error().context;
  }

  /// A set whose task hands calls on to one object that lives longer.
  struct SharedObject {
    SharedObject(const TaskSet& from, sdk::TaskObject* object) {
      class Handle final : public sdk::TaskObject {
       public:
        explicit Handle(sdk::TaskObject* to) : to_(to) {}
        void call(const sdk::Call& call, Context& context, sdk::Outcomes& outcomes) override {
          to_->call(call, context, outcomes);
        }

       private:
        sdk::TaskObject* to_;
      };
      sdk::TaskDescription description = from.find("run")->description;
      description.make =
          [object](std::span<const std::string_view>) -> Result<std::unique_ptr<sdk::TaskObject>> {
        return std::make_unique<Handle>(object);
      };
      tasks.add(description, "the test");
    }
    TaskSet tasks;
  };

  fs::path folder_;
  TaskSet tasks_;
  std::unique_ptr<sdk::TaskObject> object_;
};

TEST_F(CommandTasks, TakeJsonAndGiveJson) {
  script("cat >input; echo 42");
  EXPECT_EQ(run(7), "42");
  std::ifstream input(folder_ / "input");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(input), {}), "{\"n\":7}\n");
}

TEST_F(CommandTasks, AreOfAnotherBuildWhereTheirFileOrAProgramInItIsWrittenAnew) {
  script("echo 1");
  std::ofstream(folder_ / "other.yaml")
      << "tasks:\n  echo:\n    command: [echo, 1]\n    returns: int\n";
  const auto builds = [&] {
    TaskSet tasks;
    tasks.load_folder(folder_);
    std::map<std::string, std::string> by_name;
    for (const auto& [name, task] : tasks.tasks()) by_name[name] = tasks.build_of(task);
    return by_name;
  };
  auto before = builds();
  EXPECT_EQ(builds(), before);
  std::ofstream(folder_ / "run.sh") << "echo 22";
  auto after = builds();
  EXPECT_NE(after.at("run"), before.at("run"));
  EXPECT_EQ(after.at("echo"), before.at("echo"));
  before = after;
  std::ofstream(folder_ / "helper.sh") << "which it may read";
  std::ofstream(folder_ / "notes.txt") << "which it is not made of";
  after = builds();
  EXPECT_NE(after.at("run"), before.at("run"));
  EXPECT_EQ(after.at("echo"), before.at("echo"));
  before = after;
  std::ofstream(folder_ / "notes.txt") << "other words";
  EXPECT_EQ(builds(), before);
  std::ofstream(folder_ / "other.yaml", std::ios::app) << "\n";
  after = builds();
  EXPECT_EQ(after.at("run"), before.at("run"));
  EXPECT_NE(after.at("echo"), before.at("echo"));
}

TEST_F(CommandTasks, ReadNoShellSyntaxInTheirArguments) {
  std::ofstream(folder_ / "run.yaml")
      << "tasks:\n  echo:\n    command: [printf, '\"%s\"', '$HOME; *']\n"
         "    returns: str\n";
  tasks_.load_folder(folder_);
  const auto value = call_task(tasks_, "echo", {}, {});
  ASSERT_TRUE(value) << value.error().context;
  EXPECT_EQ(*decode<std::string>(*value), "$HOME; *");
}

TEST_F(CommandTasks, FailTheItemByTheirExitStatusSignalOrError) {
  script("exit 3");
  EXPECT_EQ(run(1), "task 'run', step 'call': run.sh left with exit status 3");
  script("kill -SEGV $$");
  EXPECT_EQ(run(1), "task 'run', step 'call': run.sh was ended by SIGSEGV");
  script(R"(echo '{"error": "no luck"}')");
  EXPECT_EQ(run(1), "no luck");
}

/// stderr of this process as a worker has it: a file that is appended to.
class StderrInFile {
 public:
  explicit StderrInFile(const fs::path& file) : before_(dup(STDERR_FILENO)) {
    const int spool = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR);
    dup2(spool, STDERR_FILENO);
    close(spool);
  }
  StderrInFile(const StderrInFile&) = delete;
  StderrInFile& operator=(const StderrInFile&) = delete;
  ~StderrInFile() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }

 private:
  int before_;
};

TEST_F(CommandTasks, ThatLeaveAreQuotedWithTheLastLineOfTheirStderr) {
  const StderrInFile spool(folder_ / "spool");
  script("echo 'Traceback:' >&2; echo 'ValueError: no such lens' >&2; echo >&2; exit 3");
  EXPECT_EQ(run(1),
            "task 'run', step 'call': run.sh left with exit status 3; "
            "the last line on its stderr: ValueError: no such lens");
  script("exit 4");  // What the one before said is not this one's.
  EXPECT_EQ(run(1), "task 'run', step 'call': run.sh left with exit status 4");
  script("head -c 9000 /dev/zero | tr '\\0' x >&2; kill -ABRT $$");
  EXPECT_EQ(run(1),
            "task 'run', step 'call': run.sh was ended by SIGABRT; "
            "the last line on its stderr: " +
                std::string(300, 'x') + "...");
  script(
      "read -r line; echo '{\"id\": 1, \"result\": 1}'; read -r line; echo 'out of film' >&2; exit "
      "5",
      "int", true);
  EXPECT_EQ(run(1), "1");
  EXPECT_THAT(run(1),
              HasSubstr("status 5 before it answered; the last line on its stderr: out of"));
}

TEST_F(CommandTasks, AreToldWhenTheirAnswerMakesNoSense) {
  script("echo done");
  EXPECT_EQ(
      run(1),
      "task 'run', step 'call': run.sh printed \"done\" on its stdout, which is for the result "
      "only, as JSON: print logs to stderr");
  script("echo loading the lens; echo 42");
  EXPECT_THAT(run(1),
              HasSubstr("run.sh printed \"loading the lens 42\" on its stdout, which is for "
                        "the result only"));
  script("cat >/dev/null");
  EXPECT_THAT(run(1),
              HasSubstr("run.sh printed nothing on its stdout, where its result should be"));
  script("echo '\"five\"'");
  EXPECT_THAT(run(1), HasSubstr("what run.sh printed is no int: "));
  script("exec head -c 9000000 /dev/zero");
  EXPECT_THAT(run(1), HasSubstr("longer than 8 MiB"));
}

TEST_F(CommandTasks, ThatPrintWhatIsNotUtf8AreToldWhereItStands) {
  script("printf '[\"a\", \"stra\\337e\"]'", "list[str]");
  EXPECT_EQ(run(1),
            "task 'run', step 'call': what run.sh printed is not UTF-8 at byte 11 (byte 4 of /1): "
            "print UTF-8, or return what is no text as bytes, in base64");
  script("while read -r line; do printf '\"\\377\"\\n'; done", "str", true);
  EXPECT_THAT(run(1), HasSubstr("not UTF-8 at byte 1 (byte 0 of the text)"));
}

TEST_F(CommandTasks, GiveFloatsThatAreNoNumbersAsStrings) {
  script("echo '[\"nan\", \"-inf\", 1]'", "list[float]");
  EXPECT_EQ(run(1), R"(["nan","-inf",1.0])");
  script("while read -r line; do echo NaN; done", "float", true);
  EXPECT_THAT(run(1), HasSubstr("JSON has no NaN and no Infinity: print \"nan\", \"inf\""));
}

TEST_F(CommandTasks, ThatCannotBeRunSayWhichProgramAndWhere) {
  std::ofstream(folder_ / "run.yaml")
      << "tasks:\n  run:\n    command: [./none]\n    returns: int\n";
  tasks_.load_folder(folder_);
  EXPECT_THAT(call_task(tasks_, "run", {}, {}).error().context,
              HasSubstr(fmt::format("./none cannot be run in {}", folder_.string())));
}

TEST_F(CommandTasks, MayAnswerBeforeTheyHaveReadTheirInput) {
  script("exec 0<&-; echo 1");
  EXPECT_EQ(run(1), "1");
}

TEST_F(CommandTasks, GiveLists) {
  script("echo '[1, 2]'", "list[int]");
  EXPECT_EQ(run(1), "[1,2]");
}

/// A loop of /bin/sh over the calls that a persistent program gets: `body` may use $id and $n.
std::string over_calls(const std::string& body) {
  return "while read -r line; do\n"
         "id=$(echo \"$line\" | sed 's/{\"id\":\\([0-9]*\\).*/\\1/')\n"
         "n=$(echo \"$line\" | sed 's/.*\"n\":\\([0-9]*\\).*/\\1/')\n" +
         body + "\ndone\n";
}

TEST_F(CommandTasks, ThatArePersistentAreStartedOnce) {
  script("count=0\n" +
             over_calls("count=$((count + 1)); echo \"{\\\"id\\\":$id,\\\"result\\\":$count}\""),
         "int", true);
  EXPECT_EQ(run(1), "1");
  EXPECT_EQ(run(1), "2");
}

TEST_F(CommandTasks, ThatArePersistentAreStartedAgainAfterTheyEnded) {
  script(over_calls("[ $n = 5 ] && exit 5; echo \"{\\\"id\\\":$id,\\\"result\\\":$n}\"; [ $n = 6 ] "
                    "&& exit 0"),
         "int", true);
  EXPECT_EQ(run(1), "1");
  EXPECT_THAT(run(5), HasSubstr("run.sh left with exit status 5 before it answered"));
  EXPECT_EQ(run(6), "6");
  EXPECT_EQ(run(7), "7");
}

TEST_F(CommandTasks, ThatArePersistentNeverGiveTheAnswerOfAnotherCall) {
  // A line too many that would be a result, before or after the answer; then the answer of the call
  // before.
  script(over_calls("[ $n = 2 ] && echo 12345\n"
                    "[ $n = 4 ] && id=$((id - 1))\n"
                    "echo \"{\\\"id\\\":$id,\\\"result\\\":$n}\"\n"
                    "[ $n = 3 ] && echo 54321"),
         "int", true);
  EXPECT_EQ(run(1), "1");
  EXPECT_THAT(run(2),
              HasSubstr("run.sh printed \"12345\" on its stdout, where its answer should be: "
                        "{\"id\": 2, \"result\": ...}, with the id it was given; stdout "
                        "is for answers only: print logs to stderr"));
  EXPECT_EQ(run(3), "3");
  EXPECT_THAT(run(4), HasSubstr("where its answer should be"));
  EXPECT_EQ(run(5), "5");
}

TEST_F(CommandTasks, ThatArePersistentFailAnItemByAnError) {
  script(over_calls("echo \"{\\\"id\\\":$id,\\\"error\\\":\\\"no luck\\\"}\""), "int", true);
  EXPECT_EQ(run(1), "no luck");
}

TEST(CommandExample, WorksAsItStands) {
  TaskSet tasks;
  tasks.load_folder(DROVER_EXAMPLE);
  EXPECT_THAT(tasks.notes(), ElementsAre());
  const auto file = fs::temp_directory_path() / fmt::format("drover-example-{}.txt", getpid());
  std::ofstream(file) << "one two\nthree\n";
  const std::map<std::string, std::string> arguments{{"file", encoded(Uri{file.string()})}};

  const auto counted = call_task(tasks, "count_words_py", arguments, {});
  ASSERT_TRUE(counted) << counted.error().context;
  EXPECT_EQ(*to_json_text(*counted, tasks.find("count_words_py")->signature.returns),
            R"({"lines":2,"words":3})");
  const auto line = call_task(tasks, "first_line", arguments, {});
  ASSERT_TRUE(line) << line.error().context;
  EXPECT_EQ(*decode<std::string>(*line), "one two");
  fs::remove(file);
  EXPECT_THAT(call_task(tasks, "count_words_py", arguments, {}).error().context,
              HasSubstr("No such file"));
}

}  // namespace
}  // namespace drover::worker
