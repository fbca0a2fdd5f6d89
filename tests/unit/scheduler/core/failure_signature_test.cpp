#include "scheduler/core/failure_signature.hpp"

#include <gtest/gtest.h>

namespace drover::scheduler {
namespace {

TEST(FailureSignature, LeavesOutNumbersPathsAndAddresses) {
  EXPECT_EQ(failure_signature("the JPEG ends after 12,288 of 98,104 bytes"),
            "the JPEG ends after # of # bytes");
  EXPECT_EQ(failure_signature("cannot read /data/x/1.jpg: no such file"),
            "cannot read … no such file");
  EXPECT_EQ(failure_signature("bad pointer 0x7ffe12ab"), "bad pointer #");
}

/// A program's stray output is quoted in its error, and is another one for each item.
TEST(FailureSignature, LeavesOutWhatIsQuoted) {
  EXPECT_EQ(failure_signature("read.py printed \"reading a.txt\\n\": stdout is for the result"),
            failure_signature("read.py printed \"reading b \\\"c\\\"\": stdout is for the result"));
  EXPECT_EQ(failure_signature("it printed \"all of this and no end"), "it printed …");
  EXPECT_NE(failure_signature("no key 'boxes'"), failure_signature("no key 'image'"))
      << "names in single quotes are of the kind";
}

/// What a group of several is told by, beside its text: the item's key.
TEST(FailureSignature, OfAGroupNamesNoItemOfIt) {
  const auto told = [](const std::string& text, const std::string& key) {
    const std::string rest = without_name(text, key);
    EXPECT_EQ(failure_signature(rest), failure_signature(text));
    return rest;
  };
  EXPECT_EQ(told("cannot read /in/cat_1.jpg: 12 of 98 bytes", "/in/cat_1.jpg"),
            "cannot read … 12 of 98 bytes");
  EXPECT_EQ(told("cannot write /out/cat_1.json: disk full", "file:///in/cat_1.jpg"),
            "cannot write … disk full");
  EXPECT_EQ(told("cat_1.jpg is no JPEG: it begins with \"<html>\"", "/in/cat_1.jpg"),
            "cat_#.jpg is no JPEG: it begins with \"<html>\"");
  EXPECT_EQ(told("bad word \"cat\" in /etc/words", "cat"), "bad word … in /etc/words");
  EXPECT_EQ(told("3 of 5 bytes", "3"), "3 of 5 bytes");
  EXPECT_EQ(told("concatenated /in/cats.txt", "cat"), "concatenated /in/cats.txt");
}

}  // namespace
}  // namespace drover::scheduler
