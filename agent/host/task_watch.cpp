#include "agent/host/task_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace drover::agent {
namespace {

constexpr Duration look_every = std::chrono::seconds(1);
constexpr Duration settle_every = std::chrono::milliseconds(150);
constexpr std::uint32_t changes =
    IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;

}  // namespace

TaskWatch::TaskWatch(const std::vector<std::string>& folders, Duration ready_within,
                     StartProbe start_probe, Tell tell)
    : ready_within_(ready_within),
      start_(std::move(start_probe)),
      tell_(std::move(tell)),
      watches_(!folders.empty()) {
  if (!watches_) return;
  notices_ = UniqueFd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  for (const auto& folder : folders) {
    if (notices_) inotify_add_watch(notices_.get(), folder.c_str(), changes);
    files_.watch_folder(folder);
  }
}

void TaskWatch::watch_programs(const std::vector<std::string>& programs) {
  for (const auto& program : programs) {
    if (!files_.watch_file(program) || !notices_) continue;
    const auto folder = std::filesystem::path(program).parent_path();
    inotify_add_watch(notices_.get(), folder.c_str(), changes);
  }
}

void TaskWatch::on_notices(Instant now) {
  alignas(inotify_event) std::array<char, 4096> events{};
  while (read(notices_.get(), events.data(), events.size()) > 0) {
  }
  if (!touched_ && files_.changed()) touched(now);
}

void TaskWatch::on_tick(Instant now) {
  if (probe_) probe_->on_tick(now);
  if (!watches_ || now < look_at_) return;
  if (!touched_) {
    look_at_ = now + look_every;
    if (files_.changed()) touched(now);
    return;
  }
  look_at_ = now + settle_every;
  if (!probe_ && files_.settled()) start_probe(now);
}

void TaskWatch::touched(Instant now) {
  touched_ = true;
  look_at_ = now + settle_every;
  files_.settled();
  tell_(TasksTouched{});
}

void TaskWatch::start_probe(Instant now) {
  touched_ = false;
  auto probe = start_(now + ready_within_);
  if (probe) {
    probe_ = std::move(*probe);
  } else {
    tell_(TasksBuilt{{}, {"no tasks loaded: " + probe.error().context}});
  }
}

void TaskWatch::on_probe_readable() {
  if (probe_) probe_->on_readable();
}

void TaskWatch::on_probe_exit(Instant now) {
  if (!probe_) return;
  probe_->on_readable();  // What it said last counts.
  auto found = probe_->on_exit();
  if (!found) return;
  probe_.reset();
  watch_programs(found->programs);
  if (!touched_ && files_.changed()) touched(now);
  // Else what it found is not the newest any more.
  if (!touched_) tell_(std::move(found->built));
}

void TaskWatch::stop() {
  watches_ = false;
  if (probe_) probe_->kill_now();
}

std::optional<Duration> TaskWatch::next_tick(Instant now) const {
  if (probe_ && !touched_) return settle_every;
  if (!watches_) return std::nullopt;
  return std::max(look_at_ - now, Duration::zero());
}

}  // namespace drover::agent
