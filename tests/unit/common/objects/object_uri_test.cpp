#include "common/objects/object_uri.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace drover {
namespace {

ObjectUri file(std::string path) { return ObjectUri{ObjectUri::Scheme::File, {}, std::move(path)}; }
ObjectUri s3(std::string bucket, std::string path) {
  return ObjectUri{ObjectUri::Scheme::S3, std::move(bucket), std::move(path)};
}

std::string canonical(std::string_view text, std::string_view base = {}) {
  const auto uri = parse_uri(text, base);
  return uri ? to_string(*uri) : "error: " + uri.error().context;
}

TEST(ObjectUri, HasOneCanonicalTextForEachObject) {
  for (const char* text : {"/data/street/a b.jpg", "//data//street/./a b.jpg",
                           "/data/x/../street/a b.jpg", "file:///data/street/a%20b.jpg",
                           "file:/data/street/a b.jpg", "FILE://localhost/data/street/a%20b.jpg",
                           "file:///data/street//a%20b.jpg", "/data/street/a b.jpg/"})
    EXPECT_EQ(canonical(text), "/data/street/a b.jpg") << text;
  for (const char* text :
       {"s3://photos/2024/a%20b.jpg", "S3://photos/2024/a b.jpg", "s3://photos/2024/a%20%62.jpg"})
    EXPECT_EQ(canonical(text), "s3://photos/2024/a%20b.jpg") << text;
}

TEST(ObjectUri, TakesAPathLiterally) {
  EXPECT_EQ(parse_uri("/data/100%25 #1?.jpg").value(), file("data/100%25 #1?.jpg"));
  EXPECT_EQ(parse_uri("/data/back\\slash").value(), file("data/back\\slash"));
  EXPECT_EQ(parse_uri("/a:b/c:d").value(), file("a:b/c:d"));
}

TEST(ObjectUri, DecodesAUri) {
  EXPECT_EQ(parse_uri("file:///data/100%25%20%231%3F.jpg").value(), file("data/100% #1?.jpg"));
  EXPECT_EQ(parse_uri("file:///%C3%BCber/ü").value(), file("über/ü"));
  EXPECT_EQ(parse_uri("s3://a-bucket/x%2By+z").value(), s3("a-bucket", "x+y+z"));
}

TEST(ObjectUri, ShowsAPathAsItIsUnlessItWouldSpoilATerminal) {
  EXPECT_EQ(to_string(file("データ/über #1.jpg")), "/データ/über #1.jpg");
  EXPECT_EQ(to_string(file("a\nb%/c")), "file:///a%0Ab%25/c");
  EXPECT_EQ(to_string(file("caf\xe9")), "file:///caf%E9");
  EXPECT_EQ(to_string(file("")), "/");
}

TEST(ObjectUri, TakesRelativePathsFromTheBase) {
  EXPECT_EQ(canonical("photos", "/home/ada"), "/home/ada/photos");
  EXPECT_EQ(canonical("../photos/./x", "/home/ada"), "/home/photos/x");
  EXPECT_EQ(canonical("./a:b", "/home/ada"), "/home/ada/a:b");
  EXPECT_EQ(canonical("C:\\photos", "/home/ada"), "/home/ada/C:\\photos");
  EXPECT_EQ(canonical(".", "/"), "/");
}

TEST(ObjectUri, SaysWhatIsWrongWithAText) {
  EXPECT_EQ(canonical("photos"),
            "error: 'photos': not an absolute path; write it from the root on: /folder/file");
  EXPECT_EQ(canonical("s3://photos/a#b"), "error: 's3://photos/a#b': in a URI '#' is written %23");
  EXPECT_EQ(canonical("file://server/a"),
            "error: 'file://server/a': 'server' is read as the name of a host; a file on this "
            "machine is file:///folder/file");
  EXPECT_EQ(parse_uri("gs://bucket/key").error().code, ErrorCode::Unsupported);
  EXPECT_EQ(parse_uri("").error().code, ErrorCode::Invalid);
}

TEST(ObjectUri, RefusesWhatWouldLeaveItsFolderOrNameAnObjectTwice) {
  using namespace std::string_literals;
  const std::vector<std::string> refused = {
      "/..",
      "/a/../..",
      "/../etc/passwd",
      "/a\0b"s,
      "..",
      "a",
      "./a",
      "/" + std::string(4095, 'x'),
      "file:",
      "file:a",
      "file://",
      "file:a/b",
      "file://../etc",
      "file://..",
      "file:///..",
      "file:///a/..",
      "file:///a/../b",
      "file:///%2e%2e/b",
      "file:///a/%2E%2E",
      "file:///a/.%2e/b",
      "file:///a/%2e./b",
      "file:///a%2Fb",
      "file:///a%2fb",
      "file:///a%00b",
      "file:///a\0b"s,
      "file:///a#b",
      "file:///a?b",
      "file:///a\\b",
      "file:///a%",
      "file:///a%4",
      "file:///a%4g",
      "file:///a%%41",
      "file:///a\nb",
      "file:///a\x7f",
      "file:///a\x1b[2J",
      "file://host/a",
      "file://127.0.0.1/a",
      "file:///" + std::string(4095, 'x'),
      "s3:",
      "s3:/",
      "s3://",
      "s3:///key",
      "s3://ab/key",
      "s3://Photos/key",
      "s3://a_b_c/key",
      "s3://.abc/key",
      "s3://abc./key",
      "s3://a..b/key",
      "s3://-abc/key",
      "s3://abc-/key",
      "s3://" + std::string(64, 'a') + "/key",
      "s3://user@photos/key",
      "s3://photos/../key",
      "s3://photos/a/..",
      "s3://photos/a/../b",
      "s3://photos/%2e%2e/b",
      "s3://photos/./a",
      "s3://photos/%2e/a",
      "s3://photos//a",
      "s3://photos/a//b",
      "s3://photos/a%2Fb",
      "s3://photos/a%00",
      "s3://photos/a?versionId=1",
      "s3://photos/a#b",
      "s3://photos/a\\b",
      "s3://photos/a%zz",
      "s3://photos/" + std::string(1025, 'k'),
  };
  EXPECT_GE(refused.size(), 60U);
  for (const auto& text : refused) {
    const auto uri = parse_uri(text);
    EXPECT_FALSE(uri.has_value()) << text << " was read as " << to_string(*uri);
    if (!uri) {
      EXPECT_EQ(uri.error().code, ErrorCode::Invalid) << text;
    }
  }
}

/// A name of no kind that could step out: not empty, `.` or `..`, and neither '/' nor NUL in it.
bool is_tame(const ObjectUri& uri) {
  if (uri.path.empty()) return true;
  const std::string framed = "/" + uri.path + "/";
  for (const char* bad : {"//", "/./", "/../"})
    if (framed.find(bad) != std::string::npos) return false;
  return framed.find('\0') == std::string::npos;
}

std::string random_text(std::mt19937& random, const std::vector<std::string>& parts,
                        std::size_t at_most) {
  std::string text;
  for (auto n = random() % at_most; n > 0; --n) text += parts[random() % parts.size()];
  return text;
}

TEST(ObjectUri, NeverLeavesItsRootWhateverTheText) {
  using namespace std::string_literals;
  const std::vector<std::string> parts = {"/",   ".",  "..",  "/../", "%2e", "%2E", "%2f", "%00",
                                          "\0"s, "\\", "#",   "?",    "a",   "b ",  "ü",   "\xff",
                                          "%",   "%4", "%25", ":",    "//",  "~2",  "\n",  "@"};
  const std::vector<std::string> starts = {"",         "/",           "file:",        "file://",
                                           "file:///", "s3://bucket", "s3://bucket/", "s3://"};
  std::mt19937 random(7);
  std::size_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto text = starts[random() % starts.size()] + random_text(random, parts, 10);
    const auto uri = parse_uri(text, "/base/folder");
    if (!uri) continue;
    ++accepted;
    ASSERT_TRUE(is_tame(*uri)) << text;
    ASSERT_EQ(parse_uri(to_string(*uri)).value_or(file("lost")), *uri)
        << text << " -> " << to_string(*uri);
  }
  EXPECT_GT(accepted, 10'000U);
}

TEST(ObjectUri, ReadsBackEveryPathItPrints) {
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string path;
    for (auto n = random() % 20; n > 0; --n) path += static_cast<char>(random() % 256);
    for (const auto& uri : {file(path), s3("bucket", path)})
      if (is_tame(uri)) {
        ASSERT_EQ(parse_uri(to_string(uri)).value_or(file("lost")), uri) << to_string(uri);
      }
  }
}

TEST(ObjectUri, KnowsItsFolderAndName) {
  EXPECT_EQ(file_name(file("a/b.jpg")), "b.jpg");
  EXPECT_EQ(folder_of(file("a/b.jpg")), file("a"));
  EXPECT_EQ(folder_of(file("a")), file(""));
  EXPECT_EQ(below(file(""), "a/b"), file("a/b"));
  EXPECT_EQ(path_below(file("a"), file("a/b/c")), "b/c");
  EXPECT_EQ(path_below(file("a"), file("ab/c")), std::nullopt);
  EXPECT_EQ(path_below(file("a"), file("a")), std::nullopt);
  EXPECT_EQ(path_below(s3("bucket", ""), s3("bucket", "k")), "k");
  EXPECT_EQ(path_below(s3("bucket", ""), s3("other", "k")), std::nullopt);
}

TEST(CommonFolder, IsTheDeepestThatHoldsBoth) {
  EXPECT_EQ(common_folder(file("data/street"), file("data/street/7/a.jpg")), file("data/street"));
  EXPECT_EQ(common_folder(file("data/street"), file("data/streets/a.jpg")), file("data"));
  EXPECT_EQ(common_folder(file("data"), file("home/a.jpg")), file(""));
  EXPECT_EQ(common_folder(s3("bucket", "a/b"), s3("bucket", "a/c")), s3("bucket", "a"));
  EXPECT_EQ(common_folder(s3("bucket", "a"), s3("other", "a/c")), std::nullopt);
  EXPECT_EQ(common_folder(file("a"), s3("bucket", "a/c")), std::nullopt);
}

}  // namespace
}  // namespace drover
