#include "scheduler/shell/client_desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <utility>

#include "common/clock.hpp"
#include "scheduler/core/live_view.hpp"
#include "scheduler/core/offered_tasks.hpp"
#include "scheduler/query/names.hpp"
#include "scheduler/query/queries.hpp"
#include "scheduler/query/reuse.hpp"
#include "scheduler/query/submission.hpp"
#include "scheduler/shell/store_actor.hpp"

namespace drover::scheduler {
namespace {

constexpr std::uint32_t longest_wait_ms = 60'000;

/// Does the answer depend on which tasks there are?
bool is_about_tasks(const wire::ClientRequest& request) {
  return std::holds_alternative<wire::Submit>(request) ||
         std::holds_alternative<wire::Rerun>(request) ||
         std::holds_alternative<wire::ListTasks>(request);
}

wire::Failed failed(const Error& error) { return wire::Failed{error.code, error.context}; }

void send_reply(net::Gateway& gateway, const net::Peer& peer, const wire::Envelope& envelope,
                const wire::ClientReply& reply) {
  auto frame = wire::encode(envelope, reply);
  if (!frame) frame = wire::encode(envelope, wire::ClientReply(failed(frame.error())));
  if (!frame) return;
  if (auto sent = gateway.send(peer, std::move(*frame)); !sent) {
    spdlog::debug("a client went away before its answer: {}", sent.error().context);
  }
}

}  // namespace

ClientDesk::ClientDesk(DeskParts parts) : parts_(std::move(parts)), started_(monotonic_now()) {}

void ClientDesk::reply(const Asker& asker, const wire::ClientReply& reply) const {
  send_reply(*parts_.gateway, asker.peer, asker.envelope, reply);
}

ClientToken ClientDesk::open(const Asker& asker) {
  const ClientToken token{next_number_++};
  open_.emplace(token, asker);
  return token;
}

struct ClientDesk::Asked {
  Asker asker;
  ClientToken token;
  net::Gateway* gateway;
  caf::actor scheduler;

  /// Answers in the core's place.
  void answer(const wire::ClientReply& reply) const {
    send_reply(*gateway, asker.peer, asker.envelope, reply);
    caf::anon_send(scheduler, answered_atom::value, token.number);
  }
  void pass_on(Event event) const { caf::anon_send(scheduler, event_box(std::move(event))); }
};

ClientDesk::Asked ClientDesk::asked(const Asker& asker) {
  return Asked{asker, open(asker), parts_.gateway, parts_.scheduler};
}

void ClientDesk::take(const FromClientBox& frame, const State& core, const Sessions& agents) {
  const bool waits = is_about_tasks(frame->received.message) && tasks_change(core, monotonic_now());
  if (!waits) return answer_now(*frame, core, agents);
  wait_for_tasks_.push_back({frame, monotonic_now() + changes_for});
  caf::delayed_anon_send(parts_.scheduler, changes_for, tasks_atom::value);
}

void ClientDesk::take_waiting(const State& core, const Sessions& agents) {
  const auto ends = [&](const WaitsForTasks& waits) {
    const Instant now = monotonic_now();
    return now >= waits.until || !tasks_change(core, now);
  };
  while (!wait_for_tasks_.empty() && ends(wait_for_tasks_.front())) {
    const FromClientBox frame = wait_for_tasks_.front().frame;
    wait_for_tasks_.pop_front();
    answer_now(*frame, core, agents);
  }
}

void ClientDesk::answer_now(const FromClient& frame, const State& core, const Sessions& agents) {
  const Asker asker{frame.peer, frame.received.envelope, frame.place, {}};
  const auto& request = frame.received.message;
  if (const auto* m = std::get_if<wire::Submit>(&request)) return submit(asker, *m, core);
  if (const auto* m = std::get_if<wire::Rerun>(&request)) return rerun(asker, *m, core);
  if (const auto* m = std::get_if<wire::Cancel>(&request)) return cancel(asker, *m);
  if (const auto* m = std::get_if<wire::Wait>(&request)) return wait(asker, *m, core);
  if (const auto* m = std::get_if<wire::Log>(&request)) return log(asker, *m, core, agents);
  read(asker, request, core);
}

/// A run that the store has already is not started again; else it goes to the core.
void ClientDesk::start(const Asker& asker, const wire::Submit& request, const State& core,
                       Submitted event) {
  const auto changed = parse_changed(request.changed);
  if (!changed) return reply(asker, failed(changed.error()));
  const auto& reuse = request.reuse;
  const Asked asked = this->asked(asker);
  event.client = asked.token;
  caf::anon_send(
      parts_.store, job_box([asked, reuse, changed = *changed,
                             view = reuse ? live_view(core, monotonic_now()) : LiveView{},
                             event = std::move(event)](Store& store) mutable {
        if (const auto stored = store.stored_run(event.run)) {
          const bool same_reuse =
              !reuse ? !event.reuse
                     : stored->parent && (*reuse == "last" || is_named(*stored->parent, *reuse));
          if (*stored->spec == *event.spec && same_reuse)
            return asked.answer(submitted(event.run, *event.plan, true, store));
          return asked.answer(wire::Failed{
              ErrorCode::Exists,
              "a run of this id was submitted before with another workflow or other inputs; a new "
              "run needs a new id"});
        }
        if (const auto room = store.has_room_for_runs(); !room)
          return asked.answer(failed(room.error()));
        if (reuse) {
          auto prepared = prepare_reuse(*reuse, changed, *event.plan, view, store);
          if (!prepared) return asked.answer(failed(prepared.error()));
          if (prepared->changed) return asked.answer(*prepared->changed);
          event.reuse = std::move(prepared->reuse);
          event.remarks = std::move(prepared->remarks);
        }
        asked.pass_on(std::move(event));
      }));
}

void ClientDesk::submit(Asker asker, const wire::Submit& request, const State& core) {
  if (!request.dry_run) {
    if (const auto id = check_run_id(request.run); !id) return reply(asker, failed(id.error()));
  }
  auto prepared = prepare_submit(request, core);
  if (const auto* rejected = std::get_if<wire::Rejected>(&prepared)) return reply(asker, *rejected);
  const auto& ready = std::get<Prepared>(prepared);
  asker.warnings = warnings_of(ready.plan, core, monotonic_now());
  if (request.dry_run) {
    caf::anon_send(parts_.store, job_box([asker, gateway = parts_.gateway, run = request.run,
                                          plan = ready.plan](Store& store) {
                     wire::Submitted fine = submitted(run, *plan, false, store);
                     fine.warnings = asker.warnings;
                     send_reply(*gateway, asker.peer, asker.envelope, fine);
                   }));
    return;
  }
  start(asker, request, core, Submitted{{}, request.run, ready.spec, ready.plan, std::nullopt, {}});
}

void ClientDesk::rerun(const Asker& asker, const wire::Rerun& request, const State& core) {
  if (const auto id = check_run_id(request.run); !id) return reply(asker, failed(id.error()));
  caf::anon_send(parts_.store, job_box([request, asked = asked(asker),
                                        view = live_view(core, monotonic_now())](Store& store) {
                   const auto there = rerun_is_there(request, store);
                   if (!there) return asked.answer(failed(there.error()));
                   if (*there) return asked.answer(submitted(request.run, true, store));
                   if (const auto room = store.has_room_for_runs(); !room)
                     return asked.answer(failed(room.error()));
                   auto prepared = prepare_rerun(request, view, store);
                   if (!prepared) return asked.answer(failed(prepared.error()));
                   if (prepared->changed) return asked.answer(*prepared->changed);
                   asked.pass_on(Submitted{asked.token, request.run, prepared->spec, prepared->plan,
                                           prepared->parent, prepared->taken_over});
                 }));
}

void ClientDesk::cancel(const Asker& asker, const wire::Cancel& request) {
  caf::anon_send(parts_.store, job_box([request, asked = asked(asker)](Store& store) {
                   const auto run = resolve_run(request.run, store);
                   if (!run) return asked.answer(failed(run.error()));
                   asked.pass_on(CancelRequested{asked.token, *run});
                 }));
}

void ClientDesk::answer(const ToClient& answer) {
  const auto found = open_.find(answer.client);
  if (found == open_.end()) return;
  const Asker asker = found->second;
  open_.erase(found);
  const auto shown = [&](const RunId& run, auto make) {
    caf::anon_send(parts_.store,
                   job_box([asker, run, gateway = parts_.gateway, make](Store& store) {
                     send_reply(*gateway, asker.peer, asker.envelope, make(run, store));
                   }));
  };
  if (const auto* accepted = std::get_if<SubmitAccepted>(&answer.answer)) {
    shown(accepted->run,
          [already = accepted->already, warnings = asker.warnings](const RunId& run, Store& store) {
            wire::ClientReply reply = submitted(run, already, store);
            if (auto* fine = std::get_if<wire::Submitted>(&reply)) fine->warnings = warnings;
            return reply;
          });
  } else if (const auto* refused = std::get_if<SubmitRefused>(&answer.answer)) {
    reply(asker, wire::Failed{ErrorCode::Exists, refused->reason});
  } else {
    // Asked again, or too late: how the run ended is the answer too.
    const auto* done = std::get_if<CancelDone>(&answer.answer);
    const RunId run = done != nullptr ? done->run : std::get<CancelRefused>(answer.answer).run;
    shown(run, [context = context()](const RunId& id, Store& store) {
      return drover::scheduler::answer(wire::ShowRun{to_string(id)}, LiveView{}, store, context);
    });
  }
}

QueryContext ClientDesk::context() const {
  return {parts_.version, wall_now(), monotonic_now() - started_, parts_.plans};
}

void ClientDesk::read(const Asker& asker, wire::ClientRequest request, const State& core) {
  caf::anon_send(
      parts_.store,
      question_box([asker, request = std::move(request), context = context(),
                    gateway = parts_.gateway,
                    view = live_view(core, monotonic_now())](Store& store, bool lacks_saves) {
        send_reply(*gateway, asker.peer, asker.envelope,
                   drover::scheduler::answer(request, lacks_saves ? without_runs(view) : view,
                                             store, context));
      }));
}

void ClientDesk::wait(const Asker& asker, const wire::Wait& request, const State& core) {
  // A run that is active is waited for; one that has ended, or does not exist, is answered at once.
  const std::uint64_t number = next_number_++;
  const auto run = active_run(request.run, core);
  if (!run) return read(asker, wire::ShowRun{request.run}, core);
  waiters_.emplace(number, Waiter{asker, *run});
  const auto patience = std::chrono::milliseconds(std::min(request.timeout_ms, longest_wait_ms));
  caf::delayed_anon_send(parts_.scheduler, patience, expire_atom::value, number);
}

void ClientDesk::run_ended(const RunId& run, const State& core) {
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    if (at->second.run != run) {
      ++at;
      continue;
    }
    read(at->second.asker, wire::ShowRun{to_string(run)}, core);
    at = waiters_.erase(at);
  }
}

void ClientDesk::expire(std::uint64_t waiter, const State& core) {
  const auto found = waiters_.find(waiter);
  if (found == waiters_.end()) return;
  const Waiter expired = found->second;
  waiters_.erase(found);
  read(expired.asker, wire::ShowRun{to_string(expired.run)}, core);
}

void ClientDesk::log(const Asker& asker, const wire::Log& request, const State& core,
                     const Sessions& agents) const {
  caf::anon_send(parts_.store, question_box([asker, request, agents, gateway = parts_.gateway,
                                             live = live_view(core, monotonic_now())](
                                                Store& store, bool lacks_saves) {
                   const LiveView view = lacks_saves ? without_runs(live) : live;
                   const auto tell = [gateway, asker](const wire::ClientReply& reply) {
                     send_reply(*gateway, asker.peer, asker.envelope, reply);
                   };
                   const auto place = locate_attempt(request, view, store);
                   if (!place) return tell(failed(place.error()));
                   const auto session = agents.find(place->agent);
                   if (session == agents.end()) {
                     return tell(wire::Failed{
                         ErrorCode::Unavailable,
                         "the agent that ran this attempt, and keeps its log, is not connected"});
                   }
                   LogQuestion question;
                   question.wanted = wire::LogWanted{0, place->lease, place->item};
                   question.answer = [tell, place = *place](Result<wire::LogPart> part) {
                     if (!part) return tell(failed(part.error()));
                     if (part->error) return tell(wire::Failed{ErrorCode::NotFound, *part->error});
                     tell(wire::LogText{place.run, place.step, place.item, place.key, place.attempt,
                                        part->bytes, part->note});
                   };
                   caf::anon_send(session->second, boxed(std::move(question)));
                 }));
}

}  // namespace drover::scheduler
