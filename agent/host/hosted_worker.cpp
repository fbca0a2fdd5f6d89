#include "agent/host/hosted_worker.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <utility>

#include "agent/host/grant_writer.hpp"
#include "agent/host/marked_processes.hpp"
#include "agent/host/resident_memory.hpp"
#include "agent/worker/channel.hpp"
#include "agent/worker/signal_name.hpp"
#include "common/spelling.hpp"
#include "common/types/signature.hpp"

namespace drover::agent {
namespace {

constexpr std::uint64_t last_words_bytes = 300;
constexpr Duration collect_every = std::chrono::milliseconds(250);
constexpr Duration weigh_every = std::chrono::milliseconds(100);
constexpr Duration collect_hurried_every = std::chrono::milliseconds(20);

std::int64_t as_ns(Instant instant) { return instant.time_since_epoch().count(); }
std::uint32_t as_word(worker::StopWhen stop) { return static_cast<std::uint32_t>(stop); }
Duration as_duration(std::uint64_t milliseconds) { return std::chrono::milliseconds(milliseconds); }

}  // namespace

HostedWorker::HostedWorker(std::uint32_t slot, WorkerProcess process, Surroundings around,
                           Instant now)
    : slot_(slot),
      process_(std::move(process)),
      around_(around),
      started_(now),
      oom_kills_(out_of_memory_kills()) {}

// ------------------------------------------------------------------ orders

void HostedWorker::run(std::shared_ptr<const wire::Grant> grant, Instant now) {
  if (ladder_) return;  // It is being ended: its death will give the lease back.
  CHECK(ready_ && !running_, "slot {} is not idle", slot_);
  auto& running = running_.emplace(Running{});
  running.grant = std::move(grant);
  running.number = ++leases_;
  running.collected = now;
  running.reader.begin_lease(running.grant->lease, running.grant->items);
  around_.logs.begin_lease(slot_, running.grant->lease, running.grant->items);
  process_.page->results.published.store(0, std::memory_order_relaxed);
  process_.page->stop.store(as_word(worker::StopWhen::Never), std::memory_order_relaxed);
  auto lease = write_grant(*running.grant, running.number, *process_.page);
  if (!lease) {
    refuse(lease.error());
    return;
  }
  send(std::move(*lease));
}

void HostedWorker::reload(Instant now) {
  reloads_ = true;
  send(worker::Stop{"its tasks were built anew"});
  climb(Cause::Crash, "it was ended to load its tasks anew", now);
}

void HostedWorker::stop_lease(const LeaseId& lease, bool wanted, Instant now) {
  if (!running_ || running_->grant->lease != lease || running_->cancelled) return;
  running_->stopped = true;
  if (!wanted) running_->cancelled = now;
  const auto stop = wanted ? worker::StopWhen::AfterCall : worker::StopWhen::Cancelled;
  process_.page->stop.store(as_word(stop), std::memory_order_release);
}

bool HostedWorker::waits_for_chunk(std::uint64_t request) const {
  return running_ && running_->waits == Waits::Chunk && running_->wanted.request == request;
}

void HostedWorker::ask_for_chunk_again() {
  if (running_ && running_->waits == Waits::Chunk) {
    around_.events.emplace_back(ChunkWanted{slot_, running_->wanted});
  }
}

void HostedWorker::give_chunk(const wire::Chunk& chunk, Instant now) {
  continue_with(write_chunk(chunk, *process_.page), now);
}

void HostedWorker::stop() {
  send(worker::Stop{"the agent stops"});
  kill(-process_.pid, SIGTERM);
}

void HostedWorker::kill_now() const { kill(-process_.pid, SIGKILL); }

// ------------------------------------------------------------------ what the worker says

void HostedWorker::on_readable(Instant now) {
  std::string buffer(worker::max_message_bytes, '\0');
  while (true) {
    const ssize_t size = recv(process_.socket.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (size <= 0) return;  // Nothing more now, or it has ended: then its pidfd says so.
    if (static_cast<std::size_t>(size) > buffer.size()) {
      broken("sent a message that is too long");
      return;
    }
    on_packet(std::string_view(buffer).substr(0, static_cast<std::size_t>(size)), now);
  }
}

void HostedWorker::on_packet(std::string_view packet, Instant now) {
  const auto message = worker::read_from_worker(packet);
  if (!message) {
    broken("sent a message that makes no sense: " + message.error().context);
    return;
  }
  std::visit([&](const auto& m) { on_message(m, now); }, *message);
}

void HostedWorker::on_message(const worker::Catalogue& catalogue, Instant) {
  if (ready_) return broken("gave its tasks twice");
  ready_ = true;
  for (std::size_t i = 0; i < catalogue.tasks.size() && i < catalogue.builds.size(); ++i) {
    if (const auto task = parse_signature(catalogue.tasks[i]))
      builds_[task->name] = catalogue.builds[i];
  }
  around_.task_watch.watch_programs(catalogue.programs);
  around_.events.emplace_back(
      WorkerReady{slot_, catalogue.tasks, catalogue.notes, catalogue.builds});
}

void HostedWorker::on_message(const worker::LeaseEnded& ended, Instant now) {
  if (!is_current(ended.lease)) return;
  wait(Waits::End, now);
  running_->ended = ended;
  serve(now);
}

void HostedWorker::on_message(const worker::PageFull& full, Instant now) {
  if (!is_current(full.lease)) return;
  wait(Waits::Room, now);
  serve(now);
}

void HostedWorker::on_message(const worker::ListChunk& chunk, Instant now) {
  if (!is_current(chunk.lease)) return;
  wait(Waits::ChunkTaken, now);
  running_->chunk = chunk;
  serve(now);
}

void HostedWorker::on_message(const worker::ListWanted& wanted, Instant now) {
  if (!is_current(wanted.lease)) return;
  const auto& arguments = running_->grant->arguments;
  if (wanted.argument >= arguments.size() || !arguments[wanted.argument].list) {
    return broken("asked for a list that is none");
  }
  const auto& list = *arguments[wanted.argument].list;
  wait(Waits::Chunk, now);
  running_->wanted = wire::GetChunk{++around_.next_chunk_request, running_->grant->run, list.step,
                                    list.part, wanted.first};
  around_.events.emplace_back(ChunkWanted{slot_, running_->wanted});
}

bool HostedWorker::is_current(std::uint32_t lease) {
  if (running_ && running_->number == lease && running_->waits == Waits::Nothing) return true;
  broken("spoke of a lease that it does not run");
  return false;
}

// ------------------------------------------------------------------ results

void HostedWorker::go_on(Instant now) { serve(now); }

void HostedWorker::serve(Instant now) {
  if (!running_ || around_.held) return;
  switch (running_->waits) {
    case Waits::Nothing:
    case Waits::Chunk:
      return;
    case Waits::Room:
      if (!collect()) return;
      running_->reader.free(*process_.page);
      return continue_with(worker::PageFree{running_->number}, now);
    case Waits::ChunkTaken:
      if (!take_list_chunk()) return;
      return continue_with(worker::PageFree{running_->number}, now);
    case Waits::End:
      return finish_lease();
  }
}

bool HostedWorker::collect() {
  auto collected = running_->reader.collect(*process_.page);
  if (!collected) {
    broken("wrote results that make no sense: " + collected.error().context);
    return false;
  }
  for (const auto& mark : collected->marks) around_.logs.mark(slot_, mark.item, mark.end);
  for (auto& part : collected->results) {
    if (running_->waits == Waits::End) part.list_size = running_->ended.list_size;
    part.task_build = builds_[running_->grant->task];
    around_.events.emplace_back(
        WorkerResults{slot_, std::make_shared<const wire::Results>(std::move(part))});
  }
  return true;
}

bool HostedWorker::take_list_chunk() {
  auto chunk = PageReader::collect_chunk(*process_.page, running_->grant->lease, running_->chunk);
  if (!chunk) {
    broken(chunk.error().context);
    return false;
  }
  around_.events.emplace_back(
      WorkerChunk{slot_, std::make_shared<const wire::PutChunk>(std::move(*chunk))});
  return true;
}

void HostedWorker::finish_lease() {
  if (!collect()) return;
  const Range items = running_->grant->items;
  const bool all_there = running_->reader.next_item() == items.last;
  if (running_->reader.next_item() != items.first + running_->ended.done ||
      (!all_there && !running_->stopped)) {
    return broken("ended a lease without all its results");
  }
  around_.logs.end_lease(slot_, running_->reader.next_item());
  around_.events.emplace_back(WorkerLeaseEnded{slot_, running_->grant->lease});
  running_.reset();
}

void HostedWorker::refuse(const Error& error) {
  auto results = std::make_shared<wire::Results>();
  results->lease = running_->grant->lease;
  const Range items = running_->grant->items;
  results->first = items.first;
  for (ItemIndex item = items.first; item < items.last; ++item) {
    results->columns.push_back({});
    results->seconds.push_back(0);
    results->failures.push_back({item, Cause::Input, error.context, true});
  }
  around_.events.emplace_back(WorkerResults{slot_, std::move(results)});
  around_.events.emplace_back(WorkerLeaseEnded{slot_, running_->grant->lease});
  around_.logs.end_lease(slot_, items.last);
  running_.reset();
}

void HostedWorker::continue_with(const worker::FromAgent& message, Instant now) {
  running_->waits = Waits::Nothing;
  running_->clock.go_on(worker::read_progress(process_.page->cell).since_ns, as_ns(now));
  send(message);
}

void HostedWorker::wait(Waits what, Instant now) {
  running_->waits = what;
  running_->clock.wait(as_ns(now));
}

void HostedWorker::send(const worker::FromAgent& message) const {
  // At most two messages are ever under way, so the socket has room; a worker that is gone is seen
  // by its pidfd.
  const auto packet = packet_of(message);
  ::send(process_.socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// ------------------------------------------------------------------ time

void HostedWorker::on_tick(Instant now) {
  if (ladder_) {
    if (!ladder_->killed && now >= ladder_->kill_at) {
      ladder_->killed = true;
      kill_now();
    }
    return;
  }
  if (holds_too_much(now)) return;
  if (!ready_) {
    around_.logs.trim_start(slot_);
    if (now - started_ > around_.config.ready_within) {
      climb(Cause::Crash, "the worker did not get ready in time; do its libraries load?", now);
    }
    return;
  }
  if (!running_) return;
  around_.logs.trim_running(slot_);
  if (running_->cancelled && now - *running_->cancelled > around_.config.cancel_grace) {
    return climb(Cause::Crash, "the worker was ended because its run was cancelled", now);
  }
  const Duration every = around_.hurried ? collect_hurried_every : collect_every;
  // The outcome of a plain step is complete only once its list is: LeaseEnded says so.
  if (!around_.held && running_->waits == Waits::Nothing && !is_plain(*running_->grant) &&
      now - running_->collected >= every) {
    running_->collected = now;
    if (!collect()) return;
  }
  const auto timeout = as_duration(running_->grant->timeout_ms);
  if (timeout.count() == 0 || running_->waits != Waits::Nothing) return;
  const auto progress = worker::read_progress(process_.page->cell);
  if (progress.lease == running_->number &&
      running_->clock.ran_ns(progress.since_ns, as_ns(now)) > timeout.count()) {
    climb(Cause::Timeout,
          fmt::format("the call ran longer than {} s, its timeout",
                      static_cast<double>(running_->grant->timeout_ms) / 1000),
          now);
  }
}

bool HostedWorker::holds_too_much(Instant now) {
  if (now - weighed_ < weigh_every) return false;
  weighed_ = now;
  const Bytes limit = around_.config.slot_memory;
  const Bytes held = ready_ ? resident_memory(process_.pid) : largest_resident_memory(process_.pid);
  if (held <= limit) return false;
  // At once: one that is asked to leave goes on growing meanwhile.
  ladder_ = Ladder{now, true, Cause::OutOfMemory,
                   fmt::format("the worker held {} of memory{}, its slot has {}", spoken(held),
                               ready_ ? "" : " while it loaded its tasks", spoken(limit))};
  kill_now();
  return true;
}

Duration HostedWorker::longest_tick() const {
  const Duration usual = around_.hurried ? collect_hurried_every : collect_every;
  constexpr Duration shortest = std::chrono::milliseconds(5);
  if (!running_ || running_->grant->timeout_ms == 0) return usual;
  return std::clamp<Duration>(as_duration(running_->grant->timeout_ms) / 4, shortest, usual);
}

std::optional<wire::SlotProgress> HostedWorker::progress() const {
  if (!running_) return std::nullopt;
  const auto cell = worker::read_progress(process_.page->cell);
  const Range items = running_->grant->items;
  // Not collected yet counts too: the page is believed here, as this is for display only.
  const std::uint64_t in_page = process_.page->results.published.load(std::memory_order_relaxed);
  const std::uint64_t done = running_->reader.freed() + in_page;
  return wire::SlotProgress{slot_, running_->grant->lease, executing(cell),
                            std::min(done, items.size())};
}

// ------------------------------------------------------------------ ends

void HostedWorker::climb(Cause cause, std::string why, Instant now) {
  if (ladder_) return;
  ladder_ = Ladder{now + around_.config.kill_after, false, cause, std::move(why)};
  kill(-process_.pid, SIGTERM);
}

void HostedWorker::broken(const std::string& what) {
  if (ladder_ && ladder_->killed) return;
  // Nothing it says from here on is worth anything, and it may be in any state.
  ladder_ = Ladder{started_, true, Cause::Crash, "the worker is broken: it " + what};
  kill_now();
}

bool HostedWorker::on_exit(Instant now) {
  // What it left behind in its process group; before the number may be somebody else's.
  kill(-process_.pid, SIGKILL);
  const auto ending = reap(process_);
  if (!ending) return false;
  kill_marked(process_.mark);
  const bool is_broken = ladder_ && ladder_->why.starts_with("the worker is broken");
  if (running_ && !is_broken && !is_plain(*running_->grant)) {
    // What it published before it died counts.
    if (!collect()) running_->waits = Waits::Nothing;
  }
  auto died = obituary(*ending, now);
  if (running_) {
    const Range executed = died.executing;
    around_.logs.end_lease(slot_, executed.empty() ? running_->reader.next_item() : executed.last);
  }
  around_.events.emplace_back(std::move(died));
  return true;
}

Range HostedWorker::executing(const worker::Progress& progress) const {
  if (progress.lease != running_->number || progress.last <= progress.first) return {};
  const Range items = running_->grant->items;
  const Range call{items.first + progress.first, items.first + progress.last};
  return intersection(call, {running_->reader.next_item(), items.last});
}

WorkerDied HostedWorker::obituary(const Ending& ending, Instant now) const {
  WorkerDied died;
  died.slot = slot_;
  std::string where;
  if (running_) {
    const auto progress = worker::read_progress(process_.page->cell);
    died.executing = executing(progress);
    if (!died.executing.empty()) {
      where = " in " + running_->grant->task;
      if (!progress.phase.empty()) where += " while " + progress.phase;
      died.seconds =
          static_cast<float>(running_->clock.ran_ns(progress.since_ns, as_ns(now))) * 1e-9F;
    }
  }
  if (reloads_) {
    died.reloads = true;
    died.text = ladder_->why;
    return died;
  }
  if (ladder_) {
    died.cause = ladder_->cause;
    died.text = ladder_->why + where;
  } else if (ending.signal == SIGKILL && out_of_memory_kills() > oom_kills_) {
    died.cause = Cause::OutOfMemory;
    died.text = "worker was killed by the kernel for its memory (SIGKILL)" + where;
  } else if (ending.signal) {
    died.text = fmt::format("worker crashed: {}{}", worker::signal_name(*ending.signal), where);
  } else {
    died.text = fmt::format("worker left with exit status {}{}", ending.exit_status, where);
  }
  if (!ready_) {
    if (!ladder_) died.text += " before it was ready";
    auto words = around_.logs.last_words(slot_, last_words_bytes);
    while (!words.empty() && words.back() == '\n') words.pop_back();
    if (!words.empty()) died.text += ": " + words;
  }
  return died;
}

}  // namespace drover::agent
