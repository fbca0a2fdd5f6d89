#include "store_testing.hpp"

namespace drover::scheduler {
namespace {

using namespace drover::scheduler::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Reports : public ::testing::Test {
  std::int64_t now = 1000;
  Store store = must(Store::open_in_memory({.wall_clock = [this] { return now; }}));

  std::vector<ItemIndex> indices(const std::vector<ItemRow>& rows) {
    std::vector<ItemIndex> all;
    for (const ItemRow& row : rows) all.push_back(row.item);
    return all;
  }
};

TEST_F(Reports, RunsAreListedNewestFirstWithTheirTimes) {
  must(store.apply(saves(new_run())));
  now = 2000;
  SaveRun second = new_run(run_2);
  second.parent = run_1;
  must(store.apply(saves(second)));
  now = 3000;
  must(store.apply(saves(SaveRunEnded{run_1, RunState::Cancelled, "cancelled by someone"})));

  const auto runs = must(store.runs(10));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].run, run_2);
  EXPECT_EQ(runs[0].state, RunState::Running);
  EXPECT_EQ(runs[0].parent, run_1);
  EXPECT_EQ(runs[0].ended, std::nullopt);
  EXPECT_EQ(runs[1].name, "numbers");
  EXPECT_EQ(runs[1].file, "flow.yaml");
  EXPECT_EQ(runs[1].submitted_by, "someone@host");
  EXPECT_EQ(runs[1].results, "/tmp/ü results");
  EXPECT_EQ(runs[1].state, RunState::Cancelled);
  EXPECT_EQ(runs[1].reason, "cancelled by someone");
  EXPECT_EQ(runs[1].created, WallTime{1000});
  EXPECT_EQ(runs[1].ended, WallTime{3000});
  EXPECT_EQ(must(store.runs(1)).size(), 1U);
}

TEST_F(Reports, ARunIsFoundByWhatIsUniqueOfItsId) {
  RunId similar = run_1;
  similar.bytes[15] = 0;
  must(store.apply(saves(new_run(), new_run(run_2), new_run(similar))));

  EXPECT_EQ(must(store.run("2")).run, run_2);
  EXPECT_EQ(must(store.run("222")).run, run_2);
  EXPECT_EQ(must(store.run(to_string(run_1))).run, run_1);
  const auto unclear = store.run("111");
  EXPECT_EQ(unclear.error().code, ErrorCode::Invalid);
  EXPECT_THAT(unclear.error().context, HasSubstr(to_string(run_1)));
  EXPECT_EQ(store.run("3").error().code, ErrorCode::NotFound);
  EXPECT_EQ(store.run("").error().code, ErrorCode::Invalid);
  EXPECT_EQ(store.run("x").error().code, ErrorCode::Invalid);
  EXPECT_EQ(store.run(std::string(33, '1')).error().code, ErrorCode::Invalid);
}

TEST_F(Reports, RunsThatEndedWithFailedItemsAreUnlistedUntilTheyAreListed) {
  must(store.apply(saves(new_run(), new_run(run_2), opening(mapping, 2), results(mapping, 0, 1),
                         failure(mapping, 1, true))));
  EXPECT_THAT(must(store.unlisted_runs()), IsEmpty()) << "it still runs";
  must(store.apply(saves(SaveStepEnded{mapping, StepState::Failed, 1, 1, 0, 0, "", 0, 0},
                         SaveRunEnded{run_1, RunState::Failed, "too many failed"},
                         SaveRunEnded{run_2, RunState::Succeeded, ""})));

  const auto runs = must(store.unlisted_runs());
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].run, run_1);
  must(store.set_listed(run_1));
  EXPECT_THAT(must(store.unlisted_runs()), IsEmpty());
}

TEST_F(Reports, StepsCountTheirItems) {
  must(store.apply(saves(new_run())));
  now = 2000;
  must(store.apply(
      saves(opening(mapping, 10, {{9, 10}}), results(mapping, 0, 4), failure(mapping, 5, true))));
  auto steps = must(store.steps(run_1));
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].name, "listing");
  EXPECT_EQ(steps[0].state, StepState::Waiting);
  EXPECT_EQ(steps[1].items, (ItemCounts{10, 4, 1, 1, 0}));
  EXPECT_EQ(steps[1].items.open(), 4U);
  EXPECT_EQ(steps[1].opened, WallTime{2000});
  EXPECT_EQ(steps[1].ended, std::nullopt);

  now = 3000;
  SaveStepEnded ended{mapping, StepState::Cancelled, 4, 1, 1, 4, "cancelled", 0, 0};
  must(store.apply(saves(ended)));
  steps = must(store.steps(run_1));
  EXPECT_EQ(steps[1].items, (ItemCounts{10, 4, 1, 1, 4}));
  EXPECT_EQ(steps[1].reason, "cancelled");
  EXPECT_EQ(steps[1].ended, WallTime{3000});
  EXPECT_EQ(must(store.counts(mapping)), steps[1].items);
  EXPECT_EQ(store.steps(run_2).error().code, ErrorCode::NotFound);
}

TEST_F(Reports, ItemsAreFoundByStateAndRead) {
  must(store.apply(saves(new_run(), SaveAgent{agent_1, 1, "host-1"},
                         opening(mapping, 12, {{10, 11}}), results(mapping, 0, 3),
                         failure(mapping, 3, true), failure(mapping, 4, false),
                         results(mapping, 7, 2))));

  EXPECT_THAT(indices(must(store.read_items(mapping, ItemState::Done, 0, 100))),
              ElementsAre(0, 1, 2, 7, 8));
  EXPECT_THAT(indices(must(store.read_items(mapping, ItemState::Done, 2, 2))), ElementsAre(2, 7));
  EXPECT_THAT(indices(must(store.read_items(mapping, ItemState::Open, 0, 100))),
              ElementsAre(4, 5, 6, 9, 11));
  EXPECT_THAT(indices(must(store.read_items(mapping, ItemState::Failed, 0, 100))), ElementsAre(3));
  EXPECT_THAT(indices(must(store.read_items(mapping, ItemState::Skipped, 0, 100))),
              ElementsAre(10));
  EXPECT_THAT(must(store.read_items(mapping, ItemState::Cancelled, 0, 100)), IsEmpty());
  EXPECT_THAT(indices(must(store.read_items(mapping, std::nullopt, 9, 100))),
              ElementsAre(9, 10, 11));
  EXPECT_THAT(must(store.read_items(mapping, std::nullopt, 12, 100)), IsEmpty());

  const ItemRow done = must(store.read_items(mapping, std::nullopt, 8, 1)).at(0);
  EXPECT_EQ(done.state, ItemState::Done);
  EXPECT_EQ(done.attempts, 1U);
  ASSERT_TRUE(done.last_attempt);
  EXPECT_EQ(done.last_attempt->agent, agent_1);
  EXPECT_EQ(done.last_attempt->agent_name, "host-1");
  EXPECT_EQ(done.last_attempt->slot, 3U);
  EXPECT_EQ(done.last_attempt->lease, lease_1);
  EXPECT_EQ(done.last_attempt->seconds, 0.25F);
  EXPECT_EQ(done.last_attempt->cause, std::nullopt);
  EXPECT_EQ(done.last_attempt->ended, WallTime{1000});

  const ItemRow failed = must(store.read_items(mapping, std::nullopt, 3, 1)).at(0);
  EXPECT_EQ(failed.state, ItemState::Failed);
  EXPECT_EQ(failed.last_attempt->cause, Cause::UserError);
  EXPECT_EQ(failed.last_attempt->reason, "the JPEG ends after 12 of 99 bytes");
  EXPECT_EQ(failed.last_attempt->seconds, 0.5F);

  const ItemRow again = must(store.read_items(mapping, std::nullopt, 4, 1)).at(0);
  EXPECT_EQ(again.state, ItemState::Open);
  EXPECT_EQ(again.attempts, 1U);

  must(store.apply(saves(SaveStepEnded{mapping, StepState::Failed, 5, 1, 1, 5, "", 1.5, 2.0})));
  EXPECT_EQ(must(store.steps(run_1)).at(mapping.step).call_seconds, 1.5);
  EXPECT_EQ(must(store.steps(run_1)).at(mapping.step).slot_seconds, 2.0);
  EXPECT_THAT(indices(must(store.read_items(mapping, ItemState::Cancelled, 0, 100))),
              ElementsAre(4, 5, 6, 9, 11));
}

TEST_F(Reports, AStepThatReturnedAListHasItsAttemptToo) {
  SaveResults result = results(listing, 0, 1);
  auto without_value = *result.results;  // Its elements came in chunks.
  without_value.columns = {};
  without_value.columns.push_back("");
  result.results = std::make_shared<wire::Results>(without_value);
  must(store.apply(saves(new_run(), SaveAgent{agent_1, 1, "host-1"}, opening(listing, 1),
                         chunk(listing, 0, 8), result, SaveList{listing, lease_1, 8})));

  const auto attempts = must(store.read_attempts(listing, 0));
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].lease, lease_1);
  EXPECT_EQ(attempts[0].agent, agent_1);
  EXPECT_EQ(attempts[0].seconds, 0.25F);
}

TEST_F(Reports, AttemptsAtAnItemStandInOrder) {
  SaveFailure crash = failure(mapping, 2, false, "SIGSEGV in detect");
  crash.attempt = 2;
  crash.cause = Cause::Crash;
  crash.lease = lease_2;
  must(store.apply(saves(new_run(), opening(mapping, 4), failure(mapping, 2, false), crash)));
  must(store.apply(saves(crash)));  // the same failure twice is one failure
  must(store.apply(saves(results(mapping, 2, 1, {7, 3}))));

  const auto attempts = must(store.read_attempts(mapping, 2));
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_EQ(attempts[0].attempt, 1U);
  EXPECT_EQ(attempts[0].cause, Cause::UserError);
  EXPECT_EQ(attempts[1].attempt, 2U);
  EXPECT_EQ(attempts[1].cause, Cause::Crash);
  EXPECT_EQ(attempts[1].reason, "SIGSEGV in detect");
  EXPECT_EQ(attempts[2].attempt, 3U);
  EXPECT_EQ(attempts[2].cause, std::nullopt);
  EXPECT_EQ(attempts[2].lease, (LeaseId{7, 3}));
  EXPECT_THAT(must(store.read_attempts(mapping, 3)), IsEmpty());
  EXPECT_EQ(store.read_attempts(mapping, 4).error().code, ErrorCode::NotFound);
}

TEST_F(Reports, FailuresAreGroupedBySignature) {
  SaveFailure other = failure(mapping, 1, true, "not a JPEG: starts with \"<html>\"");
  other.signature = "not a JPEG: starts with #";
  must(store.apply(saves(new_run(), opening(mapping, 20), failure(mapping, 6, true), other,
                         failure(mapping, 3, false), failure(mapping, 8, true, "ends after 5"))));

  const auto groups = must(store.failure_groups(run_1));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].step, 1U);
  EXPECT_EQ(groups[0].signature, "the JPEG ends after # of # bytes");
  EXPECT_EQ(groups[0].count, 2U);
  EXPECT_EQ(groups[0].example, 6U);
  EXPECT_EQ(groups[0].reason, "the JPEG ends after 12 of 99 bytes");
  EXPECT_EQ(groups[1].count, 1U);
  EXPECT_THAT(indices(must(store.find_failed(mapping, groups[0].signature, 0, 10))),
              ElementsAre(6, 8));
  EXPECT_THAT(indices(must(store.find_failed(mapping, groups[0].signature, 7, 10))),
              ElementsAre(8));
}

TEST_F(Reports, EventsAreToldInOrderTheNewestFew) {
  must(store.apply(saves(new_run(), new_run(run_2), SaveEvent{run_1, "started"})));
  now = 5000;
  must(store.apply(saves(SaveEvent{run_2, "other"}, SaveEvent{run_1, "host-2 silent for 3 s"})));

  const auto events = must(store.events(run_1));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].text, "started");
  EXPECT_EQ(events[0].at, WallTime{1000});
  EXPECT_EQ(events[1].text, "host-2 silent for 3 s");
  EXPECT_EQ(events[1].at, WallTime{5000});
  EXPECT_EQ(must(store.events(run_1, 1)).at(0).text, "host-2 silent for 3 s");
}

}  // namespace
}  // namespace drover::scheduler
