#include "scheduler/query/item_paths.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <optional>

#include "common/objects/result_key.hpp"

namespace drover::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Keys as a list has them; how often they were read.
struct Keys {
  std::vector<std::optional<std::string>> keys;
  int times_read = 0;

  ItemPaths paths() {
    auto found = item_paths([this](const LookAtKey& look) -> Result<void> {
      ++times_read;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] && !look(i, *keys[i])) break;
      }
      return {};
    });
    EXPECT_TRUE(found);
    return std::move(*found);
  }
  std::vector<std::uint32_t> ordinals() { return paths().repeats.of({0, keys.size()}); }
};

TEST(ItemPaths, KeysInOrderAreLookedAtOnce) {
  Keys keys{{"/data/a.jpg", "/data/b.jpg", std::nullopt, "/data/c/a.jpg"}};
  EXPECT_EQ(keys.paths().common_folder, "/data");
  EXPECT_THAT(keys.ordinals(), IsEmpty());
  EXPECT_EQ(keys.times_read, 2);
}

TEST(ItemPaths, TheNthItemOfAKeyHasTheNumberN) {
  Keys keys{{"/d/b", "/d/a", "/d/b", "/d/c", "/d/b", "/d/a"}};
  EXPECT_THAT(keys.ordinals(), ElementsAre(1, 1, 2, 1, 3, 2));
  EXPECT_THAT(keys.paths().repeats.of({0, 2}), IsEmpty());
  EXPECT_THAT(keys.paths().repeats.of({4, 6}), ElementsAre(3, 2));
  keys.keys = {"/d/c", "/d/b", "/d/a"};
  EXPECT_THAT(keys.ordinals(), IsEmpty());
}

TEST(ItemPaths, AnObjectIsTheSameHoweverItIsWritten) {
  Keys keys{{"/d/a b", "file:///d/a%20b", "/d/x/../a b", "/d//a b", "/d/a%20b"}};
  EXPECT_THAT(keys.ordinals(), ElementsAre(1, 2, 3, 4, 1));
  EXPECT_EQ(keys.paths().common_folder, "/d");
}

TEST(ItemPaths, TheCommonFolderHoldsAllItems) {
  const auto folder = [](std::vector<std::optional<std::string>> keys) {
    return Keys{std::move(keys)}.paths().common_folder;
  };
  EXPECT_EQ(folder({"/data/street/1", "/data/streets/1"}), "/data");
  EXPECT_EQ(folder({"/data/x/../y/1", "/data/x/2"}), "/data");
  EXPECT_EQ(folder({"/a", "/b/c"}), "/");
  EXPECT_EQ(folder({"s3://photos/a/1", "s3://photos/a/2"}), "s3://photos/a");
  EXPECT_EQ(folder({"s3://photos/a", "s3://other/a"}), "");
  EXPECT_EQ(folder({"/a/1", "s3://other/a"}), "");
  EXPECT_EQ(folder({"/a/1", "no uri"}), "");
  EXPECT_EQ(folder({"/a/1", "/"}), "");
  EXPECT_EQ(folder({}), "");
}

TEST(ItemPaths, NoTwoItemsGetOneFile) {
  Keys keys{{"/d/f.jpg", "f.jpg", "/d/x/../y/f.jpg", "/d/x/file/d/y/f.jpg", "/", "/%", "%root",
             "/d/f.jpg", "/d/f.jpg~2", "/d/file/f", "file", "../../..", "/d/../../..", ""}};
  const auto paths = keys.paths();
  const auto ordinals = paths.repeats.of({0, keys.keys.size()});
  std::optional<ObjectUri> folder;
  if (!paths.common_folder.empty()) folder = *parse_uri(paths.common_folder);
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i < keys.keys.size(); ++i) {
    const auto file = result_key({"run", "step", *keys.keys[i], folder, ordinals.at(i)}, ".json");
    EXPECT_TRUE(files.emplace(file, *keys.keys[i]).second)
        << *keys.keys[i] << " and " << files[file] << " write to " << file;
  }
}

TEST(ItemPaths, AListThatStandsTwiceAndAKeyThatStandsOftenTakeLittleRoom) {
  Keys keys;
  for (int twice = 0; twice < 2; ++twice) {
    for (int i = 0; i < 1'000; ++i) keys.keys.push_back(fmt::format("/d/{:04}", i));
  }
  for (int i = 0; i < 1'000; ++i) keys.keys.emplace_back("/d/often");
  const auto paths = keys.paths();
  EXPECT_EQ(paths.repeats.entries(), 2U);
  EXPECT_THAT(paths.repeats.of({998, 1'002}), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(paths.repeats.of({1'998, 2'003}), ElementsAre(2, 2, 1, 2, 3));
  EXPECT_THAT(paths.repeats.of({2'998, 3'000}), ElementsAre(999, 1'000));
}

TEST(ItemPaths, WhatCannotBeReadIsAnError) {
  const auto paths =
      item_paths([](const LookAtKey&) { return fail(ErrorCode::NotFound, "no such list"); });
  ASSERT_FALSE(paths);
  EXPECT_EQ(paths.error().context, "no such list");
}

}  // namespace
}  // namespace drover::scheduler
