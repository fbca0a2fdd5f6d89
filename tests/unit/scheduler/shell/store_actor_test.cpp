#include "scheduler/shell/store_actor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <caf/all.hpp>
#include <future>

#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {
namespace {

constexpr auto soon = std::chrono::seconds(30);

RunId run_id(std::uint8_t number) {
  RunId id;
  id.bytes.fill(number);
  return id;
}

Save run_with_text(std::uint64_t seq, std::uint8_t number, std::size_t bytes) {
  RunSpec spec;
  spec.text = std::string(bytes, 'x');
  return {seq, SaveRun{run_id(number),
                       std::make_shared<const RunSpec>(std::move(spec)),
                       "big",
                       "",
                       {},
                       std::nullopt}};
}

/// A store on a disk of 1 MiB, in its actor.
class StoreActorTest : public ::testing::Test {
 protected:
  StoreActorTest() : system_(config_) {
    auto store = Store::open_in_memory({.max_pages = 64});
    EXPECT_TRUE(store && store->load(1));
    store_ = spawn_store(system_, std::move(*store), nullptr, std::make_shared<Meter>());
  }
  ~StoreActorTest() override { caf::anon_send_exit(store_, caf::exit_reason::kill); }

  void save(Save save) { caf::anon_send(store_, boxed(std::vector<Save>{std::move(save)})); }

  /// Whether the store lacked saves when it was asked, and whether it had the run.
  std::pair<bool, bool> ask(std::uint8_t run) {
    auto answer = std::make_shared<std::promise<std::pair<bool, bool>>>();
    auto answered = answer->get_future();
    caf::anon_send(store_, question_box([answer, run](Store& store, bool lacks_saves) {
                     answer->set_value({lacks_saves, store.stored_run(run_id(run)).has_value()});
                   }));
    EXPECT_EQ(answered.wait_for(soon), std::future_status::ready);
    return answered.get();
  }

  caf::actor_system_config config_;
  caf::actor_system system_;
  caf::actor store_;
};

TEST_F(StoreActorTest, AQuestionWaitsForTheSavesBeforeIt) {
  save(run_with_text(1, 1, 100));
  EXPECT_EQ(ask(1), std::pair(false, true));
}

TEST_F(StoreActorTest, AFullDiskKeepsJobsWaitingButNotQuestions) {
  save(run_with_text(1, 1, 100));
  save(run_with_text(2, 2, 4U << 20U));
  std::atomic<bool> worked = false;
  caf::anon_send(store_, job_box([&worked](Store&) { worked = true; }));
  EXPECT_EQ(ask(2), std::pair(true, false));
  EXPECT_EQ(ask(2), std::pair(true, false));
  EXPECT_FALSE(worked);
}

}  // namespace
}  // namespace drover::scheduler
