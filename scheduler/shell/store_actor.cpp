#include "scheduler/shell/store_actor.hpp"

#include <spdlog/spdlog.h>

#include <caf/all.hpp>
#include <cstdlib>
#include <deque>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/daemon/exit_statuses.hpp"
#include "scheduler/shell/boxes.hpp"

namespace drover::scheduler {
namespace {

using commit_atom = caf::atom_constant<caf::atom("commit")>;

constexpr auto retry_full_disk_after = std::chrono::milliseconds(200);

struct StoreState {
  std::unique_ptr<Store> store;
  caf::actor scheduler;
  std::shared_ptr<Meter> meter;
  std::vector<Save> group;      // Waits for the next commit.
  bool commit_ordered = false;  // A commit_atom is under way.
  std::deque<std::variant<JobBox, QuestionBox>>
      jobs;  // Wait for the commit of what was saved before them.
  bool full = false;
};

using StoreActor = caf::stateful_actor<StoreState>;

void order_commit(StoreActor* self) {
  if (self->state.commit_ordered) return;
  self->state.commit_ordered = true;
  self->send(self,
             commit_atom::value);  // Behind whatever has arrived by now: that joins the group.
}

/// The disk is full: looks again in a while.
void order_retry(StoreActor* self) {
  if (self->state.commit_ordered) return;
  self->state.commit_ordered = true;
  self->delayed_send(self, retry_full_disk_after, commit_atom::value);
}

void report_full(StoreActor* self, bool full) {
  if (self->state.full == full) return;
  self->state.full = full;
  full ? spdlog::error("the disk is full: nothing new is started until there is room")
       : spdlog::info("the disk has room again");
  self->send(self->state.scheduler, full ? event_box(StoreFull{}) : event_box(StoreHasRoom{}));
}

/// Memory has moved past the disk: a restart goes on from what is durable.
[[noreturn]] void stop_at_once(const std::string& why) {
  spdlog::critical("a commit failed, so the scheduler stops; start it again to go on: {}", why);
  spdlog::shutdown();
  std::_Exit(daemon::exit_disk);
}

/// Commits the group; false where the disk is full and the group is kept.
bool commit(StoreActor* self) {
  auto& state = self->state;
  if (state.group.empty()) return true;
  const Instant begun = monotonic_now();
  const auto done = state.store->apply(state.group);
  if (!state.store->is_in_place()) stop_at_once("the state folder was moved or removed");
  if (!done && done.error().code == ErrorCode::Full) {
    report_full(self, true);
    return false;
  }
  if (!done) stop_at_once(done.error().context);
  report_full(self, false);
  state.meter->committed(state.group.size(), monotonic_now() - begun);
  self->send(state.scheduler, event_box(Committed{state.group.back().seq}));
  state.group.clear();
  return true;
}

/// Answers the questions that wait, in order, without what could not be committed.
void answer_questions(StoreActor* self) {
  std::deque<QuestionBox> questions;
  std::erase_if(self->state.jobs, [&](const auto& job) {
    const auto* question = std::get_if<QuestionBox>(&job);
    if (question != nullptr) questions.push_back(*question);
    return question != nullptr;
  });
  for (const auto& question : questions) (*question)(*self->state.store, true);
}

/// Commits, then does what waited for that. While the disk is full jobs go on waiting: they would
/// not find what was saved before them.
void do_jobs(StoreActor* self) {
  auto& jobs = self->state.jobs;
  if (!commit(self)) {
    answer_questions(self);
    return order_retry(self);
  }
  while (!jobs.empty()) {
    const auto job = std::move(jobs.front());
    jobs.pop_front();
    if (const auto* work = std::get_if<JobBox>(&job)) {
      (**work)(*self->state.store);
    } else {
      (*std::get<QuestionBox>(job))(*self->state.store, false);
    }
  }
}

caf::behavior store_actor(StoreActor* self, const std::shared_ptr<Store>& store,
                          const caf::actor& scheduler, const std::shared_ptr<Meter>& meter) {
  self->state.store = std::make_unique<Store>(std::move(*store));
  self->state.scheduler = scheduler;
  self->state.meter = meter;
  return {
      [self](const SavesBox& saves) {
        self->state.group.insert(self->state.group.end(), saves->begin(), saves->end());
        order_commit(self);
      },
      [self](const JobBox& job) {
        self->state.jobs.emplace_back(job);
        do_jobs(self);
      },
      [self](const QuestionBox& question) {
        self->state.jobs.emplace_back(question);
        // While the disk is full the next try to commit is ordered, and questions do not wait.
        self->state.full ? answer_questions(self) : do_jobs(self);
      },
      [self](commit_atom) {
        self->state.commit_ordered = false;
        do_jobs(self);
      },
  };
}

}  // namespace

caf::actor spawn_store(caf::actor_system& system, Store store, caf::actor scheduler,
                       std::shared_ptr<Meter> meter) {
  return system.spawn<caf::detached>(store_actor, std::make_shared<Store>(std::move(store)),
                                     scheduler, meter);
}

}  // namespace drover::scheduler
