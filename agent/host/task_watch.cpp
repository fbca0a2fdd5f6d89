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
constexpr Duration shortest_look = std::chrono::milliseconds(50);
constexpr int most_looks_a_second = 100;
constexpr Duration settle_every = std::chrono::milliseconds(150);
constexpr Duration ask_again_after = std::chrono::seconds(30);
constexpr int most_failures = 3;
constexpr std::uint32_t entries = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t changes = entries | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

}  // namespace

TaskWatch::TaskWatch(const std::vector<std::string>& folders, Duration ready_within,
                     StartProbe start_probe, Tell tell)
    : folders_(folders),
      ready_within_(ready_within),
      start_(std::move(start_probe)),
      tell_(std::move(tell)) {
  if (folders_.empty()) return;
  notices_ = UniqueFd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  watch_again();
  for (const auto& folder : folders_) files_.watch_folder(folder);
}

/// A folder may be another one by now: moved away and replaced, or a link that leads elsewhere. The
/// one it stands in tells of that.
void TaskWatch::watch_again() {
  if (!notices_) return;
  for (const auto& folder : folders_) {
    const auto parent = std::filesystem::path(folder).parent_path();
    inotify_add_watch(notices_.get(), folder.c_str(), changes);
    inotify_add_watch(notices_.get(), parent.c_str(), entries | IN_MASK_ADD);
  }
}

void TaskWatch::watch_programs(const std::vector<std::string>& programs) {
  for (const auto& program : programs) {
    if (!files_.watch_file(program) || !notices_) continue;
    folders_.push_back(std::filesystem::path(program).parent_path().string());
  }
  std::ranges::sort(folders_);
  folders_.erase(std::unique(folders_.begin(), folders_.end()), folders_.end());
  watch_again();
}

void TaskWatch::on_notices(Instant now) {
  alignas(inotify_event) std::array<char, 4096> events{};
  while (read(notices_.get(), events.data(), events.size()) > 0) {
  }
  if (touched_) return;
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    looks_ = 0;
  }
  // Somebody may write there all the time.
  if (++looks_ > most_looks_a_second && now - looked_ < shortest_look) {
    look_at_ = std::min(look_at_, looked_ + shortest_look);
    return;
  }
  look(now);
}

void TaskWatch::on_tick(Instant now) {
  if (probe_) probe_->on_tick(now);
  if (folders_.empty() || stopped_) return;
  if (ask_again_at_ && now >= *ask_again_at_ && !probe_ && !touched_) start_probe(now);
  if (now < look_at_) return;
  if (!touched_) return look(now);
  watch_again();
  look_at_ = now + settle_every;
  if (!probe_ && files_.settled()) start_probe(now);
}

void TaskWatch::look(Instant now) {
  looked_ = now;
  look_at_ = now + look_every;
  watch_again();
  if (files_.changed()) touched(now);
}

void TaskWatch::touched(Instant now) {
  touched_ = true;
  failures_ = 0;
  look_at_ = now + settle_every;
  files_.settled();
  if (probe_) probe_->kill_now();  // What it finds is not the newest any more.
  tell_(TasksTouched{});
}

void TaskWatch::start_probe(Instant now) {
  touched_ = false;
  ask_again_at_.reset();
  auto probe = start_(now + ready_within_);
  if (!probe) return found_nothing(probe.error(), now);
  probe_ = std::move(*probe);
}

void TaskWatch::found_nothing(const Error& why, Instant now) {
  failures_ += 1;
  ask_again_at_ = now + (failures_ < most_failures ? settle_every : ask_again_after);
  if (failures_ == most_failures) tell_(TasksBuilt{{}, {"no tasks loaded: " + why.context}});
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
  if (stopped_ || touched_) return;
  if (!*found) return found_nothing(found->error(), now);
  watch_programs((*found)->programs);
  if (files_.changed()) return touched(now);
  failures_ = 0;
  tell_(std::move((*found)->built));
}

void TaskWatch::stop() {
  stopped_ = true;
  if (probe_) probe_->kill_now();
}

std::optional<Duration> TaskWatch::next_tick(Instant now) const {
  if (probe_) return settle_every;
  if (folders_.empty() || stopped_) return std::nullopt;
  const Instant next = ask_again_at_ ? std::min(look_at_, *ask_again_at_) : look_at_;
  return std::max(next - now, Duration::zero());
}

}  // namespace drover::agent
