#include <algorithm>
#include <ctime>
#include <random>

#include "scheduler/store/list_reader.hpp"
#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct StoredLists : public ::testing::Test {
  Store store = must(Store::open_in_memory());

  std::vector<std::uint64_t> read(StepRef step, Part part, std::uint64_t first,
                                  ReadLimit limit = {}) {
    return numbers(must(store.read_list(step, part, first, limit)));
  }
};

TEST_F(StoredLists, HaveNilWhereAnItemHasNoResultAndOkLeavesItOut) {
  must(store.apply(saves(new_run(), opening(mapping, 8, {{6, 7}}), results(mapping, 0, 2),
                         failure(mapping, 2, true), results(mapping, 3, 2))));

  EXPECT_THAT(read(mapping, Part::All, 0), ElementsAre(0, 1, 0xdead, 3, 4, 0xdead, 0xdead, 0xdead));
  EXPECT_THAT(read(mapping, Part::All, 3, {2, 1000}), ElementsAre(3, 4));
  EXPECT_THAT(read(mapping, Part::Ok, 0), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(read(mapping, Part::Ok, 2), ElementsAre(3, 4));
  EXPECT_THAT(read(mapping, Part::Ok, 1, {2, 1000}), ElementsAre(1, 3));
  EXPECT_THAT(read(mapping, Part::Ok, 4), ElementsAre());
  EXPECT_EQ(must(store.list_size(mapping, Part::All)), 8U);
  EXPECT_EQ(must(store.list_size(mapping, Part::Ok)), 4U);
  EXPECT_EQ(must(store.list_size(mapping, Part::Failed)), 1U);
}

TEST_F(StoredLists, FailedIsAListOfStructsWithTheItemsKeys) {
  must(store.apply(saves(new_run(), opening(mapping, 8), failure(mapping, 2, false, "first try"),
                         failure(mapping, 5, true, "not a JPEG"), failure(mapping, 7, true))));
  SaveFailure last = failure(mapping, 2, true, "last try");
  last.attempt = 2;
  last.lease = lease_2;
  must(store.apply(saves(last)));

  const auto key = [](ItemIndex item) -> Result<std::string> {
    return "frame_" + std::to_string(item) + ".jpg";
  };
  const Columns failed = must(store.read_list(mapping, Part::Failed, 0, {}, key));
  ASSERT_EQ(failed.size(), 3U);
  const Failure first = must(decode<Failure>(failed.value(0)));
  EXPECT_EQ(first.index, 2U);
  EXPECT_EQ(first.key, "frame_2.jpg");
  EXPECT_EQ(first.reason, "last try");
  EXPECT_EQ(must(decode<Failure>(failed.value(1))).reason, "not a JPEG");
  EXPECT_EQ(must(decode<Failure>(must(store.read_list(mapping, Part::Failed, 2)).value(0))).key,
            "7");
  EXPECT_TRUE(must(store.read_list(mapping, Part::Failed, 3)).empty());

  const auto no_key = [](ItemIndex) -> Result<std::string> {
    return fail(ErrorCode::Unavailable, "no key today");
  };
  EXPECT_EQ(store.read_list(mapping, Part::Failed, 0, {}, no_key).error().context, "no key today");
}

TEST_F(StoredLists, StopAtTheLimitOfBytesButAlwaysGiveOneElement) {
  auto message = std::make_shared<wire::Results>();
  message->lease = lease_1;
  for (int i = 0; i < 10; ++i) message->columns.push_back(encoded(std::string(1000, 'x')));
  must(store.apply(saves(new_run(), opening(mapping, 10),
                         SaveResults{mapping, agent_1, 0, {{0, 10}}, message})));

  EXPECT_EQ(must(store.read_list(mapping, Part::All, 0, {100, 3100})).size(), 3U);
  EXPECT_EQ(must(store.read_list(mapping, Part::Ok, 0, {100, 3100})).size(), 3U);
  EXPECT_EQ(must(store.read_list(mapping, Part::All, 9, {100, 10})).size(), 1U);
  EXPECT_TRUE(must(store.read_list(mapping, Part::All, 0, {0, 3100})).empty());
}

TEST_F(StoredLists, LeaveOutValuesThatWereNotAccepted) {
  SaveResults partial = results(mapping, 0, 100);
  partial.done = {{40, 60}, {0, 10}, {90, 91}};
  must(store.apply(saves(new_run(), opening(mapping, 100), partial)));
  must(store.apply(saves(results(mapping, 10, 30, lease_2, 1000))));

  const auto all = read(mapping, Part::All, 0);
  ASSERT_EQ(all.size(), 100U);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const bool mine = i < 10 || (i >= 40 && i < 60) || i == 90;
    const bool others = i >= 10 && i < 40;
    EXPECT_EQ(all[i], mine ? i : others ? 1000 + i : 0xdead) << i;
  }
}

TEST_F(StoredLists, ResultsBeyondTheirMessageAreRefused) {
  SaveResults wrong = results(mapping, 10, 5);
  wrong.done = {{10, 16}};
  EXPECT_FALSE(store.apply(saves(new_run(), opening(mapping, 100), wrong)));
}

TEST_F(StoredLists, AreReadInAnyWindowWhateverSegmentsTheyCameIn) {
  constexpr std::uint64_t count = 5000;
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    std::mt19937 random(seed);
    must(store.reset());
    must(store.apply(saves(new_run(), opening(mapping, count))));
    std::vector<bool> done(count, false);
    const std::uint64_t longest = seed % 2 == 0 ? 3 : 800;
    for (ItemIndex first = 0; first < count;) {
      const std::uint64_t length = std::min(count - first, 1 + random() % longest);
      SaveResults save = results(mapping, first, length);
      save.done.clear();
      for (ItemIndex item = first; item < first + length; ++item) {
        if (random() % 5 == 0) continue;
        save.done.push_back({item, item + 1});
        done[item] = true;
      }
      if (!save.done.empty()) must(store.apply(saves(save)));
      first += length;
    }
    std::vector<std::uint64_t> ok;
    for (ItemIndex item = 0; item < count; ++item) {
      if (done[item]) ok.push_back(item);
    }

    for (int round = 0; round < 60; ++round) {
      const ItemIndex first = random() % count;
      const ReadLimit limit{1 + random() % 700, 1 + random() % 2000};
      const auto all = read(mapping, Part::All, first, limit);
      ASSERT_FALSE(all.empty());
      for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i], done[first + i] ? first + i : 0xdead);
      }
      const std::uint64_t position = random() % ok.size();
      const auto good = read(mapping, Part::Ok, position, limit);
      ASSERT_FALSE(good.empty());
      ASSERT_TRUE(std::equal(good.begin(), good.end(), ok.begin() + static_cast<long>(position)));
    }
  }
}

TEST_F(StoredLists, OfAPlainStepHaveNoParts) {
  must(store.apply(
      saves(new_run(), opening(listing, 1), chunk(listing, 0, 3), SaveList{listing, lease_1, 3})));
  EXPECT_EQ(store.read_list(listing, Part::Ok, 0).error().code, ErrorCode::Invalid);
  EXPECT_EQ(store.read_value(listing).error().code, ErrorCode::Invalid);
}

TEST_F(StoredLists, ThatPromisedMoreThanTheyWroteSayWhere) {
  must(store.apply(
      saves(new_run(), opening(listing, 1), chunk(listing, 0, 3), SaveList{listing, lease_1, 5})));
  const auto read_beyond = store.read_list(listing, Part::All, 0);
  ASSERT_FALSE(read_beyond);
  EXPECT_THAT(read_beyond.error().context, HasSubstr("element 3"));
}

TEST_F(StoredLists, SeeNewResultsAtOnce) {
  must(store.apply(saves(new_run(), opening(mapping, 4), results(mapping, 0, 1))));
  EXPECT_EQ(read(mapping, Part::Ok, 0).size(), 1U);
  must(store.apply(saves(results(mapping, 1, 2))));
  EXPECT_EQ(read(mapping, Part::Ok, 0).size(), 3U);
  must(store.apply(saves(opening(listing, 1), chunk(listing, 0, 2, lease_1, 50))));
  must(store.apply(saves(chunk(listing, 0, 2, lease_2, 70), SaveList{listing, lease_2, 2})));
  EXPECT_THAT(read(listing, Part::All, 0), ElementsAre(70, 71));
}

/// The last windows of a long list may cost a few times what the first do, not a hundred times, as
/// they would if each began to read at the start.
TEST_F(StoredLists, CostPerWindowDoesNotDependOnWhereItLies) {
  constexpr std::uint64_t count = 2'000'000;
  constexpr std::uint64_t window = 1000;
  must(store.apply(saves(new_run(), opening(mapping, count))));
  for (std::uint64_t first = 0; first < count; first += 200) {
    must(store.apply(saves(results(mapping, first, 200))));
  }
  const auto cost_of_a_hundred_windows_from = [&](std::uint64_t first) {
    const std::clock_t begun = std::clock();
    for (int i = 0; i < 100; ++i, first += window) {
      const Columns values = must(store.read_list(mapping, Part::Ok, first, {window, 1 << 20}));
      EXPECT_EQ(values.size(), window);
      EXPECT_EQ(must(decode<std::uint64_t>(values.value(0))), first);
    }
    return std::clock() - begun;
  };
  cost_of_a_hundred_windows_from(0);  // warms up
  const auto at_start = cost_of_a_hundred_windows_from(100 * window);
  const auto at_end = cost_of_a_hundred_windows_from(count - 100 * window);
  EXPECT_LE(at_end, 20 * at_start + CLOCKS_PER_SEC / 20);
}

}  // namespace
}  // namespace drover::scheduler
