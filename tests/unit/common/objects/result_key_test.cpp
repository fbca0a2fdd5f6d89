#include "common/objects/result_key.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "common/utf8.hpp"

namespace drover {
namespace {

ResultOwner owner(std::string_view item, std::string_view common = "/data/street",
                  std::uint64_t ordinal = 1) {
  std::optional<ObjectUri> folder;
  if (!common.empty()) folder = parse_uri(common).value();
  return ResultOwner{"7f3a", "detections", item, folder, ordinal};
}

TEST(ResultKey, KeepsTheItemsPathBelowTheCommonFolder) {
  EXPECT_EQ(result_key(owner("/data/street/a.jpg"), ".json"), "7f3a/detections/a.jpg.json");
  EXPECT_EQ(result_key(owner("/data/street/monday/a b.jpg"), ".json"),
            "7f3a/detections/monday/a b.jpg.json");
  EXPECT_EQ(result_key(owner("s3://photos/2024/x.jpg", "s3://photos/2024"), ".json"),
            "7f3a/detections/x.jpg.json");
}

TEST(ResultKey, TellsRepeatedKeysApart) {
  EXPECT_EQ(result_key(owner("/data/street/a.jpg", "/data/street", 2), ".json"),
            "7f3a/detections/a.jpg~2.json");
  EXPECT_EQ(result_key(owner("/data/street/a.jpg~2"), ".json"), "7f3a/detections/a.jpg~2~1.json");
}

TEST(ResultKey, TellsItemsWithoutACommonFolderApart) {
  EXPECT_EQ(result_key(owner("/data/a.jpg", ""), ".json"), "7f3a/detections/file/data/a.jpg.json");
  EXPECT_EQ(result_key(owner("s3://photos/a.jpg", ""), ".json"),
            "7f3a/detections/s3/photos/a.jpg.json");
  EXPECT_NE(result_key(owner("/", ""), ".json"), result_key(owner("/%", ""), ".json"));
  EXPECT_NE(result_key(owner("s3://photos", ""), ".json"),
            result_key(owner("s3://photos/%25", ""), ".json"));
}

TEST(ResultKey, TakesIndicesAndOtherTextsAsOneName) {
  EXPECT_EQ(result_key(owner("17"), ".json"), "7f3a/detections/17.json");
  EXPECT_EQ(result_key(owner("a/b"), ".json"), "7f3a/detections/a%2Fb.json");
  EXPECT_EQ(result_key(owner(".."), ""), "7f3a/detections/%..");
}

TEST(ResultKey, CutsNamesThatNoFileSystemTakes) {
  const std::string item = "/data/street/" + std::string(126, 'x') +
                           "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü";
  const auto key = result_key(owner(item), ".boxes.json");
  const auto name = key.substr(key.rfind('/') + 1);
  EXPECT_LE(name.size(), 255U);
  EXPECT_TRUE(name.ends_with(".boxes.json"));
  EXPECT_TRUE(is_utf8(name));
  EXPECT_NE(key, result_key(owner(item + "y"), ".boxes.json"));
}

/// Few letters, so that clashes would come up soon.
TEST(ResultKey, NeverGivesTwoOwnersOneName) {
  const char* const parts[] = {"a", "~", "1", "2", "/", "b"};
  std::mt19937 random(3);
  std::map<std::string, std::pair<std::string, std::uint64_t>> seen;
  for (int i = 0; i < 50'000; ++i) {
    std::string item = "/data/street/";
    for (auto n = 1 + random() % 6; n > 0; --n) item += parts[random() % std::size(parts)];
    const auto uri = parse_uri(item).value();
    if (!path_below(parse_uri("/data/street").value(), uri)) continue;
    const std::pair<std::string, std::uint64_t> who{to_string(uri), 1 + random() % 3};
    const auto [at, is_new] =
        seen.emplace(result_key(owner(who.first, "/data/street", who.second), ".json"), who);
    ASSERT_EQ(at->second, who) << at->first;
  }
  EXPECT_GT(seen.size(), 5'000U);
}

}  // namespace
}  // namespace drover
