#include "common/workflow/plan.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(AllowFailed, RoundsAShareDown) {
  const auto share = [](double part) { return AllowFailed{.is_share = true, .share = part}; };
  EXPECT_EQ(share(0.01).of(796), 7U);
  EXPECT_EQ(share(0.10).of(796), 79U);
  EXPECT_EQ(share(0.29).of(100), 29U);
  EXPECT_EQ(share(0.07).of(100), 7U);
  EXPECT_EQ(share(0.07).of(99), 6U);
  EXPECT_EQ(share(1).of(5), 5U);
  EXPECT_EQ(share(0).of(5), 0U);
  EXPECT_EQ((AllowFailed{.count = 3}).of(796), 3U);
}

TEST(PlanStep, OfAMapGivesAListWithHoles) {
  PlanStep step;
  step.returns = Type::integer();
  EXPECT_EQ(to_string(step.result_type()), "int");
  step.map = true;
  EXPECT_EQ(to_string(step.result_type()), "list[int?]");
  EXPECT_EQ(to_string(failure_type()) + fields_to_string(failure_type()),
            "Failure{index: int, key: str, reason: str}");
}

}  // namespace
}  // namespace drover
