#include "agent/core/uplink.hpp"

#include "agent/core/ledger.hpp"
#include "agent/core/slots.hpp"
#include "agent/core/step.hpp"
#include "common/plant.hpp"

namespace drover::agent {
namespace {

void say_hello(Turn& turn) {
  State& state = turn.state;
  state.session += 1;
  state.uplink = Uplink::HelloSent;
  state.hello_at = turn.now + hello_again_after;
  state.heartbeat_at = turn.now + heartbeat_every;
  wire::Hello hello;
  hello.session = state.session;
  hello.agent = state.id;
  hello.incarnation = state.incarnation;
  hello.name = state.name;
  hello.build = state.build;
  hello.slots = offers(state);
  hello.tasks = state.task_build.tasks;
  hello.task_builds = builds_of(state.task_build);
  hello.tasks_change = state.task_build.changing;
  hello.notes = notes(state);
  hello.labels = state.labels;
  hello.report = report(state);
  turn.out.push_back(OpenSession{std::move(hello)});
}

void go_away(Turn& turn) {
  turn.state.uplink = Uplink::Away;
  turn.state.hello_at = turn.now;
}

void handle(Turn& turn, const wire::Welcome& welcome) {
  State& state = turn.state;
  if (welcome.epoch < state.newest_epoch) return;  // A scheduler that was replaced.
  state.newest_epoch = welcome.epoch;
  state.uplink = Uplink::Welcomed;
  state.refused.clear();
  state.heartbeat_at = turn.now;
  on_revoked(turn, welcome.revoked);
  state.revoked_early.clear();  // What was granted in another session does not come any more.
  send_again(turn);
  turn.out.push_back(AskForChunksAgain{});
}
void handle(Turn& turn, const wire::Rejoin&) { go_away(turn); }
void handle(Turn& turn, const wire::Refused& refused) {
  turn.state.refused = refused.reason;
  turn.state.uplink = Uplink::Away;
  turn.state.hello_at = turn.now + 30 * hello_again_after;
}
void handle(Turn& turn, const wire::Grant& grant) {
  if (turn.state.uplink == Uplink::Welcomed && !turn.state.stop_by) on_grant(turn, grant);
}
void handle(Turn& turn, const wire::Revoke& revoke) { on_revoked(turn, revoke.revoked); }
void handle(Turn& turn, const wire::Release& release) { on_release(turn, release); }
void handle(Turn& turn, const wire::Answer& answer) { on_answer(turn, answer); }
void handle(Turn& turn, const wire::HeartbeatHeard& heard) {
  // The scheduler has the session, and its Welcome waits for a commit: another Hello would only put
  // that back.
  if (turn.state.uplink == Uplink::HelloSent && heard.epoch >= turn.state.newest_epoch)
    turn.state.hello_at = turn.now + hello_again_after;
}

/// Says goodbye once everything is answered or the time for it is over.
void finish_stop(Turn& turn) {
  State& state = turn.state;
  if (!state.stop_by || state.finished) return;
  const bool nothing_to_say = state.uplink != Uplink::Welcomed || state.unanswered.empty();
  if (!nothing_to_say && turn.now < *state.stop_by) return;
  turn.send(wire::Goodbye{"stopped"});
  turn.out.push_back(Finished{});
  state.finished = true;
}

}  // namespace

void on_message(Turn& turn, const FromScheduler& event) {
  State& state = turn.state;
  if (event.session != state.session || state.uplink == Uplink::Away) return;
  state.heard = turn.now;
  std::visit([&](const auto& message) { handle(turn, message); }, event.message);
  finish_stop(turn);
}

void on_session_broken(Turn& turn, const SessionBroken& event) {
  if (event.session == turn.state.session && turn.state.uplink != Uplink::Away) go_away(turn);
}

void on_stop_asked(Turn& turn) {
  if (turn.state.stop_by) return;
  turn.state.stop_by = turn.now + hello_again_after;
  give_everything_back(turn);
  finish_stop(turn);
}

void offer_changed(Turn& turn) {
  if (!turn.state.stop_by) go_away(turn);
}

void on_time(Turn& turn) {
  State& state = turn.state;
  finish_stop(turn);
  if (state.finished) return;
  if (switch_on(turn)) offer_changed(turn);
  if (state.uplink == Uplink::Welcomed && turn.now - state.heard >= scheduler_silent_after)
    go_away(turn);
  if (state.uplink != Uplink::Welcomed && turn.now >= state.hello_at && !state.stop_by)
    say_hello(turn);
  if (state.uplink != Uplink::Away && turn.now >= state.heartbeat_at) {
    turn.out.push_back(SendHeartbeat{});
    if (planted(Plant::SendAgainAlways)) send_again(turn);
    state.heartbeat_at = turn.now + heartbeat_every;
  }
}

}  // namespace drover::agent
