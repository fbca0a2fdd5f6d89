#include "tests/support/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drover::testing {
namespace {

template <class Tag>
std::string short_id(char letter, const Id128<Tag>& id) {
  const bool same =
      std::all_of(id.bytes.begin(), id.bytes.end(), [&](auto b) { return b == id.bytes[0]; });
  return same ? fmt::format("{}{}", letter, id.bytes[0]) : to_string(id).substr(0, 8);
}

std::string words(const scheduler::SessionId& session) {
  return session.incarnation == 1 ? fmt::format("s{}", session.number)
                                  : fmt::format("s{}.{}", session.incarnation, session.number);
}
std::string slot(const AgentId& agent, std::uint32_t number) {
  return fmt::format("{}.{}", testing::words(agent), number);
}
std::string lease(const LeaseId& id) { return to_string(id); }
std::string ended(bool yes, const char* text) { return yes ? text : ""; }
std::string listed(std::string_view word, const std::vector<Range>& ranges) {
  return ranges.empty() ? "" : fmt::format(" {} {}", word, testing::words(ranges));
}
std::string revoked_items(const std::vector<wire::RevokedItems>& all) {
  std::string text;
  for (const auto& entry : all)
    text += fmt::format(" {} {}", lease(entry.lease), testing::words(entry.items));
  return text;
}
std::string_view kind(wire::Answered what) {
  switch (what) {
    case wire::Answered::Results:
      return "results";
    case wire::Answered::CallFailed:
      return "call failed";
    case wire::Answered::Chunk:
      return "chunk";
  }
  return "?";
}
Range range_of(std::uint64_t first, const Columns& columns) {
  return {first, first + columns.size()};
}

// ------------------------------------------------------------------ messages

std::string words(const wire::Hello& m) {
  std::string text = fmt::format("hello s{} {} slots", m.session, m.slots.size());
  for (const auto& report : m.report) {
    text += fmt::format("; {} {}/{} slot {}", lease(report.lease), testing::words(report.run),
                        report.step, report.slot) +
            listed("held", report.held) + listed("unanswered", report.unanswered);
  }
  return text;
}
std::string words(const wire::Results& m) {
  std::string text =
      fmt::format("results {} {}", lease(m.lease), testing::words(range_of(m.first, m.columns)));
  for (const auto& failure : m.failures) {
    text += fmt::format(" {} {}{}", failure.item, name_of(failure.cause),
                        ended(failure.permanent, " permanent"));
  }
  if (m.list_size) text += fmt::format(" list of {}", *m.list_size);
  return text;
}
std::string words(const wire::PutChunk& m) {
  return fmt::format("chunk {} {}", lease(m.lease), testing::words(range_of(m.first, m.columns)));
}
std::string words(const wire::CallFailed& m) {
  std::string text = fmt::format("call failed {} {}", lease(m.lease), name_of(m.cause));
  if (!m.call.empty()) text += fmt::format(" call {}", testing::words(m.call));
  return text + listed("rest", m.rest);
}
std::string words(const wire::Released& m) {
  return fmt::format("released {} {}", lease(m.lease),
                     m.items.empty() ? "nothing" : testing::words(m.items));
}
std::string words(const wire::Goodbye&) { return "goodbye"; }
std::string words(const wire::Welcome& m) {
  return fmt::format("welcome s{} epoch {}", m.session, m.epoch) +
         (m.revoked.empty() ? "" : " revoked" + revoked_items(m.revoked));
}
std::string words(const wire::Rejoin&) { return "rejoin"; }
std::string words(const wire::Refused&) { return "refused"; }
std::string words(const wire::Grant& m) {
  return fmt::format("grant {} {}/{} slot {} {} batch {}", lease(m.lease), testing::words(m.run),
                     m.step, m.slot, testing::words(m.items), m.largest_batch);
}
std::string words(const wire::Revoke& m) { return "revoke" + revoked_items(m.revoked); }
std::string words(const wire::Release& m) { return "release " + lease(m.lease); }
std::string words(const wire::Answer& m) {
  return fmt::format("answer {} {} {}{}", lease(m.lease), kind(m.what), testing::words(m.items),
                     ended(!m.accepted, " stale"));
}
std::string words(const wire::HeartbeatHeard&) { return "heard"; }

// ------------------------------------------------------------------ saves

std::string words(const scheduler::SaveRun& s) { return "run " + testing::words(s.run); }
std::string words(const scheduler::SaveOpening& s) {
  return fmt::format("opening {} of {}", testing::words(s.step), s.count) +
         listed("skipped", s.skipped);
}
std::string words(const scheduler::SaveResults& s) {
  return fmt::format("results {} {} by {}", testing::words(s.step), testing::words(s.done),
                     slot(s.agent, s.slot));
}
std::string words(const scheduler::SaveChunk& s) {
  return fmt::format("chunk {} {}", testing::words(s.step),
                     testing::words(range_of(s.chunk->first, s.chunk->columns)));
}
std::string words(const scheduler::SaveList& s) {
  return fmt::format("list {} of {} by {}", testing::words(s.step), s.size, lease(s.lease));
}
std::string words(const scheduler::SaveFailure& s) {
  return fmt::format("failure {} item {} attempt {} {} by {}{}", testing::words(s.step), s.item,
                     s.attempt, name_of(s.cause), lease(s.lease), ended(s.final, " final"));
}
std::string words(const scheduler::SaveStepEnded& s) {
  std::string text =
      fmt::format("step {} {}: {} done", testing::words(s.step), name_of(s.state), s.done);
  if (s.failed > 0) text += fmt::format(", {} failed", s.failed);
  if (s.skipped > 0) text += fmt::format(", {} skipped", s.skipped);
  if (s.cancelled > 0) text += fmt::format(", {} cancelled", s.cancelled);
  return text;
}
std::string words(const scheduler::SaveRunEnded& s) {
  return fmt::format("end of {}: {}", testing::words(s.run), name_of(s.state));
}
std::string words(const scheduler::SaveTakeOver& s) {
  return fmt::format("what {} takes over of {}", testing::words(s.run), testing::words(s.parent));
}
std::string words(const scheduler::SaveReuse& s) {
  return fmt::format("what {} looks for in {}", testing::words(s.run), testing::words(s.from));
}
std::string words(const scheduler::SaveMoved& s) {
  std::uint64_t items = 0;
  for (const auto& part : *s.moved) items += part.items.size();
  return fmt::format("{} items of {} found in {}", items, testing::words(s.step),
                     testing::words(s.from));
}
std::string words(const scheduler::SaveAgent& s) {
  return fmt::format("agent {}", testing::words(s.agent));
}
std::string words(const scheduler::DropAgent& s) {
  return fmt::format("no more agent {}", testing::words(s.agent));
}
std::string words(const scheduler::SaveTask& s) { return "task " + s.name; }
std::string words(const scheduler::SaveEvent& s) {
  return fmt::format("event {}: {}", testing::words(s.run), s.text);
}

// ------------------------------------------------------------------ scheduler

std::string words(const scheduler::SubmitAccepted& a) {
  return fmt::format("accepted {}{}", testing::words(a.run), ended(a.already, " already"));
}
std::string words(const scheduler::SubmitRefused& a) { return "refused: " + a.reason; }
std::string words(const scheduler::CancelDone& a) {
  return fmt::format("{} is {}", testing::words(a.run), name_of(a.state));
}
std::string words(const scheduler::CancelRefused& a) { return "not cancelled: " + a.reason; }

std::string seconds_of(Instant when) {
  return fmt::format("{:.3f}", std::chrono::duration<double>(when.time_since_epoch()).count());
}

struct EffectWords {
  std::string operator()(const scheduler::Persist& e) const {
    return "save " + std::visit([](const auto& what) { return words(what); }, e.save.what);
  }
  std::string operator()(const scheduler::ToAgent& e) const {
    return testing::words(e.agent) + " <- " +
           std::visit([](const auto& m) { return words(m); }, e.message);
  }
  std::string operator()(const scheduler::SendGrant& e) const {
    std::string text = fmt::format("{} <- grant {} {} {}", slot(e.agent, e.slot), lease(e.lease),
                                   testing::words(e.step), testing::words(e.items));
    if (e.largest_batch != 1) text += fmt::format(" batch {}", e.largest_batch);
    if (!e.attempts.empty()) text += fmt::format(" attempt {}", fmt::join(e.attempts, " "));
    return text;
  }
  std::string operator()(const scheduler::CloseSession& e) const {
    return fmt::format("close {} {}", testing::words(e.agent), words(e.session));
  }
  std::string operator()(const scheduler::ToClient& e) const {
    return fmt::format("client {} <- ", e.client.number) +
           std::visit([](const auto& a) { return words(a); }, e.answer);
  }
  std::string operator()(const scheduler::RunEnded& e) const {
    return fmt::format("ended {} {}", testing::words(e.run), name_of(e.state));
  }
  std::string operator()(const scheduler::FindReuse& e) const {
    return fmt::format("look for items of {} in {}", testing::words(e.step),
                       testing::words(e.from));
  }
  std::string operator()(const scheduler::WakeAt& e) const {
    return "wake at " + seconds_of(e.when);
  }
};

struct EventWords {
  template <class E>
  std::string from(const E& e, const std::string& text) const {
    return fmt::format("{} {} -> {}", testing::words(e.agent), words(e.session), text);
  }
  std::string operator()(const scheduler::Started&) const { return "started"; }
  std::string operator()(const scheduler::HelloReceived& e) const {
    return fmt::format("{} start {} -> {}", testing::words(e.hello.agent), e.hello.incarnation,
                       words(e.hello));
  }
  std::string operator()(const scheduler::ResultsReceived& e) const {
    return from(e, words(*e.results));
  }
  std::string operator()(const scheduler::ChunkReceived& e) const {
    return from(e, words(*e.chunk));
  }
  std::string operator()(const scheduler::CallFailedReceived& e) const {
    return from(e, words(e.failed));
  }
  std::string operator()(const scheduler::ReleasedReceived& e) const {
    return from(e, words(e.released));
  }
  std::string operator()(const scheduler::HeartbeatReceived& e) const {
    return from(e, "heartbeat");
  }
  std::string operator()(const scheduler::GoodbyeReceived& e) const { return from(e, "goodbye"); }
  std::string operator()(const scheduler::SessionClosed& e) const {
    return fmt::format("{} {} closed", testing::words(e.agent), words(e.session));
  }
  std::string operator()(const scheduler::Submitted& e) const {
    return "submitted " + testing::words(e.run);
  }
  std::string operator()(const scheduler::CancelRequested& e) const {
    return "cancel requested " + testing::words(e.run);
  }
  std::string operator()(const scheduler::Committed& e) const {
    return fmt::format("committed {}", e.seq);
  }
  std::string operator()(const scheduler::StoreFull&) const { return "store full"; }
  std::string operator()(const scheduler::StoreHasRoom&) const { return "store has room"; }
  std::string operator()(const scheduler::GrantShortened& e) const {
    return fmt::format("grant {} shortened to end at {}", lease(e.lease), e.end);
  }
  std::string operator()(const scheduler::GrantRefused& e) const {
    return fmt::format("grant {} refused", lease(e.lease));
  }
  std::string operator()(const scheduler::ReuseFound& e) const {
    return fmt::format("{} ranges found for {}", e.moved->size(), testing::words(e.step));
  }
  std::string operator()(const scheduler::TimeDue&) const { return "time"; }
};

// ------------------------------------------------------------------ agent

struct AgentEffectWords {
  std::string operator()(const agent::StartWorker& e) const {
    return fmt::format("start worker {}", e.slot);
  }
  std::string operator()(const agent::ReloadWorker& e) const {
    return fmt::format("reload worker {}", e.slot);
  }
  std::string operator()(const agent::RunLease& e) const {
    return fmt::format("run {} on {}", lease(e.grant->lease), e.slot);
  }
  std::string operator()(const agent::StopLease& e) const {
    return fmt::format("stop {} on {}{}", lease(e.lease), e.slot,
                       e.wanted ? " after its call" : "");
  }
  std::string operator()(const agent::StopWorkers&) const { return "stop workers"; }
  std::string operator()(const agent::OpenSession& e) const { return "open: " + words(e.hello); }
  std::string operator()(const agent::Send& e) const {
    return "send " + std::visit(
                         [](const auto& m) {
                           if constexpr (requires { words(*m); }) {
                             return words(*m);
                           } else {
                             return words(m);
                           }
                         },
                         e.message);
  }
  std::string operator()(const agent::SendHeartbeat&) const { return "send heartbeat"; }
  std::string operator()(const agent::HoldWorkers& e) const {
    return e.hold ? "hold workers" : "go on";
  }
  std::string operator()(const agent::AskForChunksAgain&) const { return "ask for chunks again"; }
  std::string operator()(const agent::Finished&) const { return "finished"; }
  std::string operator()(const agent::WakeAt& e) const { return "wake at " + seconds_of(e.when); }
};

struct AgentEventWords {
  std::string operator()(const agent::Started&) const { return "started"; }
  std::string operator()(const agent::WorkerReady& e) const {
    return fmt::format("worker {} ready", e.slot);
  }
  std::string operator()(const agent::WorkerResults& e) const {
    return fmt::format("worker {}: {}", e.slot, words(*e.results));
  }
  std::string operator()(const agent::WorkerChunk& e) const {
    return fmt::format("worker {}: {}", e.slot, words(*e.chunk));
  }
  std::string operator()(const agent::WorkerLeaseEnded& e) const {
    return fmt::format("worker {} ended {}", e.slot, lease(e.lease));
  }
  std::string operator()(const agent::WorkerDied& e) const {
    return fmt::format("worker {} died: {} in {}", e.slot, name_of(e.cause),
                       testing::words(e.executing));
  }
  std::string operator()(const agent::TasksTouched&) const { return "tasks touched"; }
  std::string operator()(const agent::TasksBuilt& e) const {
    return fmt::format("{} tasks built", e.tasks.size());
  }
  std::string operator()(const agent::FromScheduler& e) const {
    return fmt::format("s{} <- ", e.session) +
           std::visit([](const auto& m) { return words(m); }, e.message);
  }
  std::string operator()(const agent::SessionBroken& e) const {
    return fmt::format("s{} broken", e.session);
  }
  std::string operator()(const agent::StopAsked&) const { return "stop asked"; }
  std::string operator()(const agent::TimeDue&) const { return "time"; }
};

}  // namespace

std::string words(const AgentId& id) { return short_id('a', id); }
std::string words(const RunId& id) { return short_id('r', id); }
std::string words(const StepRef& step) { return fmt::format("{}/{}", words(step.run), step.step); }
std::string words(const Range& range) { return fmt::format("[{},{})", range.first, range.last); }
std::string words(const std::vector<Range>& ranges) {
  std::string text;
  for (const auto& range : ranges) text += (text.empty() ? "" : " ") + words(range);
  return text;
}
std::string words(const scheduler::Event& event) { return std::visit(EventWords{}, event); }
std::string words(const scheduler::Effect& effect) { return std::visit(EffectWords{}, effect); }
std::string words(const agent::Event& event) { return std::visit(AgentEventWords{}, event); }
std::string words(const agent::Effect& effect) { return std::visit(AgentEffectWords{}, effect); }

}  // namespace drover::testing
