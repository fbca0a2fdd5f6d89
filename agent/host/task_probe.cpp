#include "agent/host/task_probe.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "agent/host/marked_processes.hpp"
#include "agent/host/resident_memory.hpp"
#include "agent/worker/messages.hpp"
#include "agent/worker/signal_name.hpp"
#include "common/spelling.hpp"

namespace drover::agent {

namespace {

constexpr off_t last_words_bytes = 300;
constexpr off_t kept_output_bytes = 64 << 10;

std::string how(const Ending& ending) {
  if (!ending.signal) return fmt::format("left with exit status {}", ending.exit_status);
  return "crashed: " + worker::signal_name(*ending.signal);
}

}  // namespace

Result<TaskProbe> TaskProbe::start(const std::filesystem::path& program,
                                   const std::vector<std::string>& task_folders, std::string mark,
                                   Bytes memory, Instant give_up_at) {
  UniqueFd output(memfd_create("drover-task-probe", MFD_CLOEXEC));
  if (!output) return fail(ErrorCode::Unavailable, "no more files can be opened by this process");
  auto process = WorkerProcess::spawn(program, task_folders, output.get(), std::move(mark));
  if (!process) return tl::unexpected(std::move(process.error()));
  return TaskProbe(std::move(*process), std::move(output), memory, give_up_at);
}

void TaskProbe::on_readable() {
  std::string buffer(worker::max_message_bytes, '\0');
  const ssize_t size = recv(process_.socket.get(), buffer.data(), buffer.size(), MSG_TRUNC);
  if (size < 0) return;
  if (size > 0 && static_cast<std::size_t>(size) <= buffer.size()) {
    auto message = worker::read_from_worker(
        std::string_view(buffer).substr(0, static_cast<std::size_t>(size)));
    auto* catalogue = message ? std::get_if<worker::Catalogue>(&*message) : nullptr;
    if (catalogue != nullptr) {
      found_ = Found{
          {std::move(catalogue->tasks), std::move(catalogue->notes), std::move(catalogue->builds)},
          std::move(catalogue->programs)};
    }
  }
  kill_now();
}

void TaskProbe::on_tick(Instant now) {
  trim_output();
  if (ended_why_) return;
  if (now >= give_up_at_) return end("did not get ready in time");
  const Bytes held = largest_resident_memory(process_.pid);
  if (held > memory_)
    end(fmt::format("held {} of memory, a slot has {}", spoken(held), spoken(memory_)));
}

void TaskProbe::end(std::string why) {
  ended_why_ = std::move(why);
  kill_now();
}

void TaskProbe::kill_now() const { kill(-process_.pid, SIGKILL); }

std::optional<Result<TaskProbe::Found>> TaskProbe::on_exit() {
  kill_now();  // What it left behind in its process group; before the number may be somebody
               // else's.
  const auto ending = reap(process_);
  if (!ending) return std::nullopt;
  kill_marked(process_.mark);
  if (found_) return std::move(*found_);
  const std::string what = ended_why_ ? *ended_why_ : how(*ending);
  const std::string words = last_words();
  return fail(ErrorCode::Unavailable, fmt::format("a worker that loaded them {}{}{}", what,
                                                  words.empty() ? "" : ": ", words));
}

off_t TaskProbe::output_size() const {
  struct stat info {};
  return fstat(output_.get(), &info) == 0 ? info.st_size : 0;
}

/// What stands before the end is given back to the machine.
void TaskProbe::trim_output() const {
  const off_t before = output_size() - kept_output_bytes;
  if (before > 0) fallocate(output_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, before);
}

std::string TaskProbe::last_words() const {
  const off_t end = output_size();
  const off_t from = std::max<off_t>(0, end - last_words_bytes);
  std::string words(static_cast<std::size_t>(end - from), '\0');
  const ssize_t size = pread(output_.get(), words.data(), words.size(), from);
  words.resize(static_cast<std::size_t>(std::max<ssize_t>(0, size)));
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words;
}

}  // namespace drover::agent
