#include "agent/worker/demangle.hpp"

#include <gtest/gtest.h>

namespace drover::worker {
namespace {

TEST(Demangled, SymbolsAreAsTheyAreWrittenAndAllElseStays) {
  EXPECT_EQ(demangled("/a/_lib-1.so: undefined symbol: _Z6helperi"),
            "/a/_lib-1.so: undefined symbol: helper(int)");
  EXPECT_EQ(demangled("symbol _ZN3cat4lookERKNS_3EyeE, version X"),
            "symbol cat::look(cat::Eye const&), version X");
  EXPECT_EQ(demangled("undefined symbol: helper"), "undefined symbol: helper");
  EXPECT_EQ(demangled("no _Zzz"), "no _Zzz");
  EXPECT_EQ(demangled(""), "");
}

}  // namespace
}  // namespace drover::worker
