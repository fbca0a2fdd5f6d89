// The built-in libraries, loaded as a worker loads them and called one by one.

#include <dlfcn.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/worker/call_task.hpp"
#include "common/types/json.hpp"

namespace drover::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class BuiltinTasks : public ::testing::Test {
 protected:
  BuiltinTasks()
      : folder_(fs::temp_directory_path() / fmt::format("drover-builtin-test-{}", getpid())) {
    for (const char* library : {DROVER_LISTS, DROVER_OBJECTS, DROVER_TESTING}) {
      tasks_.load_library(library);
    }
    fs::create_directories(folder_);
  }
  ~BuiltinTasks() override { fs::remove_all(folder_); }

  /// Arguments and result as JSON text; an error is its text.
  std::string call(const std::string& task, const std::map<std::string, std::string>& json) {
    const auto* known = tasks_.find(task);
    if (known == nullptr) return "no such task";
    std::map<std::string, std::string> arguments;
    for (const auto& field : known->signature.args) {
      const auto given = json.find(field.name);
      if (given == json.end()) continue;
      const Type type = substitute(field.type, {{"T", Type::integer()}});
      arguments[field.name] = *from_json_text(given->second, type);
    }
    const auto value = call_task(tasks_, task, arguments, {});
    if (!value) return value.error().context;
    return *to_json_text(*value, substitute(known->signature.returns, {{"T", Type::integer()}}));
  }
  std::string quoted(const fs::path& path) const { return '"' + path.string() + '"'; }
  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text;
  }

  TaskSet tasks_;
  fs::path folder_;
};

TEST_F(BuiltinTasks, LoadWithoutANote) {
  EXPECT_TRUE(tasks_.notes().empty());
  EXPECT_EQ(to_string(tasks_.find("list_objects")->signature),
            "list_objects(prefix: uri, suffixes: list[str]?) -> list[uri]");
  EXPECT_EQ(to_string(tasks_.find("sleep")->signature),
            "sleep(value: int, milliseconds: float) -> int");
}

TEST_F(BuiltinTasks, SequenceCountsFromZero) {
  EXPECT_EQ(call("sequence", {{"count", "4"}}), "[0,1,2,3]");
  EXPECT_EQ(call("sequence", {{"count", "0"}}), "[]");
  EXPECT_THAT(call("sequence", {{"count", "-1"}}), HasSubstr("cannot have -1 elements"));
}

TEST_F(BuiltinTasks, FlattenJoinsLists) {
  EXPECT_EQ(call("flatten", {{"lists", "[[1,2],[],[3]]"}}), "[1,2,3]");
}

TEST_F(BuiltinTasks, CountSucceededTellsNilFromValues) {
  EXPECT_EQ(call("count_succeeded", {{"results", "[1,null,3]"}}), R"({"succeeded":2,"failed":1})");
}

TEST_F(BuiltinTasks, ListObjectsFindsFilesInAllFoldersInOrder) {
  write("b.JPG", "");
  write("a/c.jpg", "");
  write("a/d.txt", "");
  const auto all = call("list_objects", {{"prefix", quoted(folder_)}});
  EXPECT_EQ(all, fmt::format("[{},{},{}]", quoted(folder_ / "a/c.jpg"), quoted(folder_ / "a/d.txt"),
                             quoted(folder_ / "b.JPG")));
  const auto some =
      call("list_objects", {{"prefix", quoted(folder_)}, {"suffixes", R"([".jpg"])"}});
  EXPECT_EQ(some, fmt::format("[{},{}]", quoted(folder_ / "a/c.jpg"), quoted(folder_ / "b.JPG")));
}

TEST_F(BuiltinTasks, ListObjectsNamesAFolderThatIsNotThere) {
  EXPECT_THAT(call("list_objects", {{"prefix", quoted(folder_ / "none")}}),
              HasSubstr((folder_ / "none").string()));
}

TEST_F(BuiltinTasks, ReadListTakesAUriALineAndPathsFromItsOwnFolder) {
  write("list.txt", "/data/a.jpg\r\n\nb.jpg\ns3://bucket/c.jpg");
  EXPECT_EQ(call("read_list", {{"file", quoted(folder_ / "list.txt")}}),
            fmt::format(R"(["/data/a.jpg",{},"s3://bucket/c.jpg"])", quoted(folder_ / "b.jpg")));
  write("wrong.txt", "/data/a.jpg\nftp://host/b.jpg\n");
  EXPECT_THAT(call("read_list", {{"file", quoted(folder_ / "wrong.txt")}}),
              HasSubstr("wrong.txt:2: "));
}

TEST_F(BuiltinTasks, OfTheTestingLibraryDoWhatTheySay) {
  EXPECT_EQ(call("noop", {{"value", "5"}}), "5");
  EXPECT_EQ(call("noop_batch", {{"values", "5"}}), "5");
  EXPECT_EQ(call("sleep", {{"value", "5"}, {"milliseconds", "0"}}), "5");
  EXPECT_EQ(call("fail", {{"value", "5"}, {"message", "\"no luck\""}}), "no luck");
  EXPECT_EQ(call("fail", {{"value", "5"}}), "item 5 failed, as it was told to");
  EXPECT_EQ(call("allocate", {{"mebibytes", "8"}}), "8");
}

TEST_F(BuiltinTasks, AreCalledWithTheArgumentsTheyHaveAndNoOthers) {
  EXPECT_EQ(call_task(tasks_, "noop", {}, {}).error().context,
            "argument 'value' of task 'noop' is missing: noop(value: int) -> int");
  const auto unknown = call_task(tasks_, "noop", {{"valve", "\x01"}}, {});
  EXPECT_THAT(unknown.error().context, HasSubstr("has no argument 'valve'"));
  EXPECT_THAT(call_task(tasks_, "noop", {{"value", "\xa1x"}}, {}).error().context,
              HasSubstr("argument 'value'"));
  EXPECT_THAT(call_task(tasks_, "none", {}, {}).error().context, HasSubstr("no task 'none'"));
}

/// A shared library that knows nothing of Drover.
fs::path some_library() {
  Dl_info found{};
  std::string (*const in_it)(fmt::string_view, fmt::format_args) = fmt::vformat;
  dladdr(reinterpret_cast<const void*>(in_it), &found);
  return found.dli_fname;
}

TEST_F(BuiltinTasks, OfAFolderAreOfAnotherBuildWhereALibraryIsThatTheyMayUse) {
  const auto build_of = [&](const char* task) {
    TaskSet tasks;
    tasks.load_folder(folder_);
    return tasks.build_of(*tasks.find(task));
  };
  const auto copy = [&](const fs::path& from, const char* name) {
    fs::remove(folder_ / name);  // It is loaded.
    fs::copy_file(from, folder_ / name);
    fs::permissions(folder_ / name, fs::perms::owner_all);
  };
  copy(DROVER_LISTS, "liblists.so");
  copy(DROVER_OBJECTS, "libobjects.so");
  const std::string lists = build_of("flatten");
  EXPECT_NE(lists, "");
  copy(DROVER_OBJECTS, "libobjects.so");
  EXPECT_EQ(build_of("flatten"), lists) << "the other one has tasks of its own";
  copy(some_library(), "libhelper.so");
  EXPECT_NE(build_of("flatten"), lists);
  fs::remove(folder_ / "libhelper.so");
  std::ofstream(folder_ / "libbroken.so") << "not loaded";
  EXPECT_EQ(build_of("flatten"), lists);
}

TEST_F(BuiltinTasks, AreAlwaysOfOneBuild) {
  TaskSet tasks;
  tasks.load_builtin();
  ASSERT_NE(tasks.find("noop"), nullptr);
  for (const auto& [name, task] : tasks.tasks()) EXPECT_EQ(tasks.build_of(task), "") << name;
}

}  // namespace
}  // namespace drover::worker
