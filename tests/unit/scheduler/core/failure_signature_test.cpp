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

}  // namespace
}  // namespace drover::scheduler
