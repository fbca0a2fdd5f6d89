#include "scheduler/query/names.hpp"

#include "tests/unit/scheduler/query/query_test.hpp"

namespace drover::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace testing;

const RunId run_1 = run_id(1);

class NamesTest : public QueryTest {
 protected:
  NamesTest() { join(); }

  std::string refused(const std::string& text) {
    const auto run = resolve_run(text, store_);
    EXPECT_FALSE(run.has_value());
    EXPECT_TRUE(run || run.error().code == ErrorCode::NotFound);
    return run ? "" : run.error().context;
  }
  Result<ItemIndex> item(const std::string& text) {
    const auto run = find_run("last", view(), store_, nullptr);
    return resolve_item(*run, 1, text, store_);
  }
};

TEST_F(NamesTest, ARunIsFoundByItsIdByWhatIsUniqueOfItAndAsTheLast) {
  submit(run_1);
  submit(run_id(0x2a));
  EXPECT_EQ(resolve_run(to_string(run_1), store_), run_1);
  EXPECT_EQ(resolve_run("01", store_), run_1);
  EXPECT_EQ(resolve_run("2A", store_), run_id(0x2a));
  EXPECT_EQ(resolve_run("last", store_), run_id(0x2a));
}

TEST_F(NamesTest, ANameThatFitsNoRunOrSeveralSaysWhatThereIs) {
  EXPECT_THAT(refused("last"), HasSubstr("nothing has run yet"));
  RunId twin = run_1;
  twin.bytes[15] = 9;
  submit(run_1);
  submit(twin);
  EXPECT_THAT(refused("0101"), AllOf(StartsWith("'0101' may be several runs: "), HasSubstr("0109 "),
                                     HasSubstr("0101 looking")));
  EXPECT_THAT(refused("ff"),
              AllOf(HasSubstr("there is no run 'ff'; the newest: "), HasSubstr(" looking")));
  EXPECT_THAT(refused("detections"), HasSubstr("there is no run 'detections'"));
  EXPECT_THAT(refused(""), HasSubstr("there is no run ''"));
}

TEST_F(NamesTest, AShortIdHasFourDigitsOrWhatIsUnique) {
  submit(run_1);
  EXPECT_EQ(short_id(run_1, store_), "0101");
  EXPECT_EQ(short_id(run_id(9), store_), "0909");  // not stored yet
  RunId near = run_1;
  near.bytes[2] = 0x77;
  EXPECT_EQ(short_id(near, store_), "01017");  // neither stored, nor like the one that is
  submit(near);
  EXPECT_EQ(short_id(run_1, store_), "01010");
  EXPECT_EQ(short_id(near, store_), "01017");
}

TEST_F(NamesTest, ActiveRunsAreFoundWithoutTheStore) {
  submit(run_1);
  submit(run_id(2));
  EXPECT_EQ(active_run("last", driver_.state), run_id(2));
  EXPECT_EQ(active_run("01", driver_.state), run_1);
  EXPECT_EQ(active_run("0", driver_.state), std::nullopt);
  EXPECT_EQ(active_run("77", driver_.state), std::nullopt);
  driver_.happen(CancelRequested{ClientToken{1}, run_id(2)});
  EXPECT_EQ(active_run("last", driver_.state), std::nullopt);  // it has ended
}

TEST_F(NamesTest, AStepMayBeLeftOutWhereOnlyOneMaps) {
  const Plan plan = three_steps();
  const auto with_step = [](const std::string& step) { return "drover items 0101 " + step; };
  EXPECT_EQ(resolve_step(plan, std::nullopt, with_step), 1U);
  EXPECT_EQ(resolve_step(plan, "summary", with_step), 2U);
  const auto wrong = resolve_step(plan, "lookz", with_step);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().context,
            "there is no step 'lookz'; did you mean 'looks'? The steps are listing, looks and "
            "summary");
  Plan two = plan;
  two.steps[2].map = true;
  EXPECT_EQ(resolve_step(two, std::nullopt, with_step).error().context,
            "say which step, looks or summary:\n  drover items 0101 looks");
}

TEST_F(NamesTest, AnItemIsFoundByIndexKeyLastPartOrUniquePart) {
  list(run_1, {"/in/frame_0001.jpg", "/in/frame_0002.jpg", "/in/old/frame_0001.jpg.bak",
               "/in/b/x.jpg", "/in/c/x.jpg"});
  EXPECT_EQ(item("2"), 2U);
  EXPECT_EQ(item("/in/frame_0002.jpg"), 1U);
  EXPECT_EQ(item("frame_0001.jpg"), 0U);  // the last part of a path before a part of another
  EXPECT_EQ(item("b/x.jpg"), 3U);
  EXPECT_EQ(item("0002"), 1U);
  EXPECT_EQ(item("old"), 2U);
}

TEST_F(NamesTest, AnItemThatIsNotThereOrNotUniqueSaysWhatThereIs) {
  submit(run_1);
  EXPECT_EQ(item("a.jpg").error().context, "'looks' has no images yet");
  driver_.finish_list(driver_.lease_of({run_1, 0}), {"/in/b/x.jpg", "/in/c/x.jpg", "/in/y.jpg"});
  EXPECT_EQ(item("x.jpg").error().context,
            "'x.jpg' may be 2 images:\n  /in/b/x.jpg\n  /in/c/x.jpg");
  EXPECT_EQ(item("z.jpg").error().context,
            "no image has 'z.jpg' in its key: 'looks' has 3 images, 0 to 2");
  EXPECT_EQ(item("3").error().context, "there is no image 3: 'looks' has 3 images, 0 to 2");
}

TEST_F(NamesTest, KeysOfConstantListsAreKnownToo) {
  submit(run_1, R"(workflow: constant
item: image
steps:
  looks:
    task: look
    each: {image: [/in/a.jpg, /in/b.jpg]}
)");
  const auto run = find_run("last", view(), store_, nullptr);
  EXPECT_EQ(resolve_item(*run, 0, "b.jpg", store_), 1U);
}

}  // namespace
}  // namespace drover::scheduler
