#include "scheduler/shell/open_requests.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drover::scheduler {
namespace {

TEST(OpenRequests, OfAPeerAreBoundedUntilTheyAreAnswered) {
  OpenRequests requests;
  std::vector<RequestPlace> places;
  for (std::size_t i = 0; i < OpenRequests::most_of_a_peer; ++i) {
    auto place = requests.enter({"a"});
    ASSERT_TRUE(place);
    places.push_back(std::move(*place));
  }
  EXPECT_EQ(requests.enter({"a"}).error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(requests.enter({"b"})) << "others are served";

  const RequestPlace copy = places.back();
  places.pop_back();
  EXPECT_FALSE(requests.enter({"a"})) << "a copy keeps the place";
  places.pop_back();
  EXPECT_TRUE(requests.enter({"a"}));
}

TEST(OpenRequests, OfAllPeersAreBounded) {
  OpenRequests requests;
  std::vector<RequestPlace> places;
  for (std::size_t i = 0; i < OpenRequests::most; ++i) {
    auto place = requests.enter({std::to_string(i % 1000)});
    ASSERT_TRUE(place);
    places.push_back(std::move(*place));
  }
  EXPECT_FALSE(requests.enter({"another"}));
  places.clear();
  EXPECT_TRUE(requests.enter({"another"}));
}

}  // namespace
}  // namespace drover::scheduler
