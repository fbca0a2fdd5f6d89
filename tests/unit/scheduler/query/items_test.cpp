#include "common/types/codec.hpp"
#include "scheduler/query/item_keys.hpp"
#include "scheduler/store/list_reader.hpp"
#include "tests/unit/scheduler/query/query_test.hpp"

namespace drover::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using namespace testing;
using namespace std::chrono_literals;

const RunId run_1 = run_id(1);
const std::vector<std::string> five_keys{"/in/a.jpg", "/in/b.jpg", "/in/c.jpg", "/in/d.jpg",
                                         "/in/e.jpg"};
constexpr const char* retrying_workflow = R"(workflow: retrying
item: image
steps:
  looks:
    task: look
    each: {image: [/in/a.jpg, /in/b.jpg, /in/c.jpg, /in/d.jpg, /in/e.jpg]}
    retry_errors: 2
    allow_failed: 4
)";

class ItemsTest : public QueryTest {
 protected:
  wire::Items items(const std::optional<std::string>& state = std::nullopt,
                    std::optional<std::uint64_t> after = std::nullopt, std::uint32_t limit = 100) {
    return ask<wire::Items>(wire::ListItems{"last", std::nullopt, state, after, limit});
  }
  std::vector<ItemIndex> indices(const std::string& state) {
    std::vector<ItemIndex> found;
    for (const auto& row : items(state).rows) found.push_back(row.item);
    return found;
  }
  wire::ResultsPage results(const std::optional<std::string>& step, std::uint64_t first = 0,
                            std::uint32_t limit = 1000) {
    return ask<wire::ResultsPage>(wire::ReadResults{"last", step, first, limit});
  }
  void fail_item(ItemIndex item, const std::string& text) {
    for (const auto& [id, lease] : driver_.state.leases) {
      if (!lease.items.contains(item)) continue;
      return driver_.fail_first(id, text);
    }
    FAIL() << "item " << item << " is on no slot";
  }
};

TEST_F(ItemsTest, EveryItemHasItsStateAndItsReason) {
  join();
  submit(run_1, retrying_workflow);
  fail_item(0, "no such file");  // the slot goes on with the next one
  driver_.finish(driver_.lease_of({run_1, 0}), 3.0F);
  fail_item(0, "no such file");  // now it pauses
  const wire::Items page = items();
  EXPECT_EQ(page.step, "looks");
  EXPECT_EQ(page.item_word, "image");
  EXPECT_EQ(page.total, 5U);
  EXPECT_EQ(page.next, std::nullopt);
  ASSERT_THAT(page.rows, SizeIs(5));
  const auto& a = page.rows[0];
  EXPECT_EQ(a.key, "/in/a.jpg");
  EXPECT_EQ(a.state, "retrying");
  EXPECT_EQ(a.reason, "no such file");
  EXPECT_EQ(a.cause, "user_error");
  EXPECT_EQ(a.attempts, 2U);
  EXPECT_GT(a.retry_in_seconds.value(), 0);
  const auto& b = page.rows[1];
  EXPECT_EQ(b.state, "done");
  EXPECT_EQ(b.agent, "host-1");
  EXPECT_NEAR(b.seconds.value(), 3.0, 0.01);
  EXPECT_EQ(b.attempts, 1U);
  const auto& c = page.rows[2];
  EXPECT_EQ(c.state, "running");
  EXPECT_EQ(c.attempts, 1U);
  EXPECT_EQ(c.agent, "host-1");
  EXPECT_EQ(page.rows[3].state, "waiting");
  EXPECT_EQ(page.rows[3].attempts, 0U);
}

TEST_F(ItemsTest, AreListedByState) {
  join();
  submit(run_1, retrying_workflow);
  fail_item(0, "no such file");
  driver_.finish(driver_.lease_of({run_1, 0}), 3.0F);
  fail_item(0, "no such file");
  EXPECT_THAT(indices("retrying"), ElementsAre(0U));
  EXPECT_THAT(indices("done"), ElementsAre(1U));
  EXPECT_THAT(indices("running"), ElementsAre(2U));
  EXPECT_THAT(indices("waiting"), ElementsAre(3U, 4U));
  EXPECT_THAT(indices("failed"), IsEmpty());
  EXPECT_THAT(refusal(wire::ListItems{"last", std::nullopt, "broken", std::nullopt, 9}),
              HasSubstr("'broken' is no state of an item: waiting, running"));

  driver_.pass(2min);  // the agent is lost, and comes back when the pause is over
  join();
  fail_item(0, "no such file");
  EXPECT_THAT(indices("failed"), ElementsAre(0U));
  EXPECT_EQ(items("failed").rows[0].attempts, 3U);
}

TEST_F(ItemsTest, ComeInPages) {
  join();
  submit(run_1, retrying_workflow);
  const wire::Items first = items(std::nullopt, std::nullopt, 2);
  EXPECT_THAT(first.rows, SizeIs(2));
  EXPECT_EQ(first.next, 1U);
  const wire::Items second = items(std::nullopt, first.next, 2);
  EXPECT_EQ(second.rows[0].item, 2U);
  const wire::Items third = items(std::nullopt, second.next, 2);
  EXPECT_THAT(third.rows, SizeIs(1));
  EXPECT_EQ(third.next, std::nullopt);
  EXPECT_THAT(items("waiting", 2, 1).rows, SizeIs(1));
}

TEST_F(ItemsTest, BelowAFailureAreSkippedAndOfACancelledRunCancelled) {
  driver_.join(1, 1, {list_task, item_task, "again(value: int) -> int"});
  submit(run_1, R"(workflow: chain
steps:
  first:
    task: look
    each: {image: [/a, /b]}
    allow_failed: 1
  second:
    task: again
    each: {value: $first}
)");
  fail_item(0, "no");
  driver_.finish(driver_.lease_of({run_1, 0}));
  const auto page = ask<wire::Items>(wire::ListItems{"last", "second", "skipped", {}, 10});
  ASSERT_THAT(page.rows, SizeIs(1));
  EXPECT_EQ(page.rows[0].item, 0U);
  EXPECT_EQ(page.rows[0].reason, "its input failed in 'first'");
  EXPECT_EQ(page.rows[0].key, "0");  // it has no uri
  driver_.happen(CancelRequested{ClientToken{1}, run_1});
  EXPECT_THAT(ask<wire::Items>(wire::ListItems{"last", "second", "cancelled", {}, 10}).rows,
              SizeIs(1));
}

TEST_F(ItemsTest, OfAStepThatHasNotOpenedThereAreNone) {
  join();
  submit(run_1);
  EXPECT_THAT(items().rows, IsEmpty());
  EXPECT_EQ(items().total, 0U);
}

// ------------------------------------------------------------------ results

TEST_F(ItemsTest, ResultsOfAMapComeWithKeysAndWithoutThoseThatFailed) {
  join();
  list(run_1, five_keys);
  run_to_end(run_1, {1});
  const wire::ResultsPage page = results("looks");
  EXPECT_TRUE(page.list);
  EXPECT_EQ(page.type, "int");
  EXPECT_EQ(page.total, 5U);
  ASSERT_EQ(page.columns.size(), 5U);
  EXPECT_EQ(decode<std::uint64_t>(page.columns.value(0)), 0U);
  EXPECT_FALSE(page.columns.has_value(1));
  EXPECT_EQ(decode<std::uint64_t>(page.columns.value(4)), 4U);
  EXPECT_THAT(page.keys,
              ElementsAre("/in/a.jpg", "/in/b.jpg", "/in/c.jpg", "/in/d.jpg", "/in/e.jpg"));
  const wire::ResultsPage part = results("looks", 3, 1);
  EXPECT_EQ(part.first, 3U);
  EXPECT_EQ(part.columns.size(), 1U);
  EXPECT_THAT(part.keys, ElementsAre("/in/d.jpg"));
  EXPECT_TRUE(results("looks", 5).columns.empty());
}

TEST_F(ItemsTest, AStepThatDidNotRunSaysSoAndWhy) {
  join();
  list(run_1, five_keys);
  run_to_end(run_1, {0, 1, 2});
  EXPECT_THAT(
      refusal(wire::ReadResults{"last", "summary", 0, 10}),
      AllOf(HasSubstr("'summary' has no result, it did not run: "), Not(HasSubstr("cancelled"))));
}

TEST_F(ItemsTest, TheOnlyOutputIsMeantWhereNoStepIsNamed) {
  join();
  list(run_1, five_keys);
  EXPECT_EQ(refusal(wire::ReadResults{"last", std::nullopt, 0, 10}),
            "'summary' has no result, it is waiting");
  run_to_end(run_1);
  const wire::ResultsPage page = results(std::nullopt);
  EXPECT_EQ(page.step, "summary");
  EXPECT_FALSE(page.list);
  EXPECT_EQ(page.total, 1U);
  EXPECT_EQ(page.columns.size(), 1U);
  EXPECT_THAT(page.keys, IsEmpty());
}

TEST_F(ItemsTest, AListThatAPlainStepReturnedIsReadInParts) {
  join();
  list(run_1, five_keys);
  const wire::ResultsPage page = results("listing", 1, 2);
  EXPECT_TRUE(page.list);
  EXPECT_EQ(page.type, "uri");
  EXPECT_EQ(page.total, 5U);
  ASSERT_EQ(page.columns.size(), 2U);
  EXPECT_EQ(decode<std::string>(page.columns.value(0)), "/in/b.jpg");
}

TEST_F(ItemsTest, StructsAreDescribedAndANilResultIsNotAFailure) {
  driver_.join(1, 1, {"find(image: uri) -> Found?\nFound: {boxes: list[Box]}\nBox: {x: int}"});
  submit(run_1, R"(workflow: finding
steps:
  found:
    task: find
    each: {image: [/a, /b]}
    allow_failed: 1
)");
  fail_item(0, "no");
  wire::Results nil;
  nil.first = 1;
  nil.columns.push_back("\xc0");
  nil.seconds = {0.1F};
  driver_.result(driver_.lease_of({run_1, 0}), nil);
  const wire::ResultsPage page = results("found");
  EXPECT_EQ(page.type, "Found?");
  EXPECT_EQ(page.structs.at("Found"), "{boxes: list[Box]}");
  EXPECT_EQ(page.structs.at("Box"), "{x: int}");
  EXPECT_FALSE(page.columns.has_value(0));
  EXPECT_EQ(page.columns.value(1), "\xc0");
}

TEST_F(ItemsTest, LargeValuesComeInPagesThatFitAFrame) {
  join();
  submit(run_1, retrying_workflow);
  while (const Lease* lease = any_lease(run_1)) {
    wire::Results big;
    big.first = lease->items.front().first;
    big.columns.push_back(encoded(std::string(400'000, 'x')));
    big.seconds = {1.0F};
    driver_.result(lease->id, big);
  }
  const auto reply =
      answer(wire::ReadResults{"last", std::nullopt, 0, 100}, view(), store_, context());
  EXPECT_EQ(std::get<wire::ResultsPage>(reply).columns.size(), 2U);
  EXPECT_EQ(std::get<wire::ResultsPage>(reply).keys.size(), 2U);
  EXPECT_TRUE(wire::encode(wire::Envelope{}, reply).has_value());
}

TEST_F(ItemsTest, AListOfFailuresHasTheKeysOfItsItems) {
  join();
  list(run_1, five_keys);
  run_to_end(run_1, {1, 3});
  const auto run = find_run("last", view(), store_, nullptr);
  const auto failed =
      read_step_list(StepRef{run_1, 1}, *run->plan, Part::Failed, 0, ReadLimit{}, store_);
  ASSERT_TRUE(failed) << failed.error().context;
  ASSERT_EQ(failed->size(), 2U);
  const auto first = decode<Failure>(failed->value(0));
  const auto second = decode<Failure>(failed->value(1));
  EXPECT_EQ(first->index, 1);
  EXPECT_EQ(first->key, "/in/b.jpg");
  EXPECT_EQ(second->key, "/in/d.jpg");
}

TEST_F(ItemsTest, WhileTheDiskIsFullTheAnswerIsWhatIsStored) {
  join();
  list(run_1, five_keys);
  driver_.finish_first(driver_.lease_of({run_1, 1}));
  // What follows is not stored: the core is ahead of it.
  driver_.keep = [](const std::vector<Save>&) {};
  driver_.finish_first(driver_.lease_of({run_1, 1}));
  driver_.happen(StoreFull{});
  const auto stored = without_runs(view());
  const auto shown =
      std::get<wire::RunStatus>(answer(wire::ShowRun{"last"}, stored, store_, context()));
  EXPECT_EQ(shown.state, "running");
  EXPECT_EQ(shown.steps[1].done, 1U);
  EXPECT_EQ(shown.steps[1].waiting, 4U);
  EXPECT_THAT(shown.steps[1].reason, HasSubstr("disk is full"));
  EXPECT_EQ(shown.slots_busy, 0U);
  const auto told = std::get<wire::Explanation>(
      answer(wire::Explain{"last", std::nullopt, "c.jpg"}, stored, store_, context()));
  EXPECT_THAT(told.lines, ElementsAre("c.jpg has not ended", HasSubstr("disk is full"),
                                      HasSubstr("free some space")));
  EXPECT_THAT(std::get<wire::Items>(
                  answer(wire::ListItems{"last", {}, {}, {}, 100}, stored, store_, context()))
                  .rows,
              SizeIs(5));
}

}  // namespace
}  // namespace drover::scheduler
