// drover-worker: loads libraries of tasks and runs leases for the agent that started it.

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "agent/worker/arm.hpp"
#include "agent/worker/channel.hpp"
#include "agent/worker/lease_runner.hpp"
#include "agent/worker/messages.hpp"
#include "agent/worker/page_memory.hpp"
#include "agent/worker/task_set.hpp"
#include "common/check.hpp"

namespace drover::worker {
namespace {

constexpr int spool_descriptor = STDOUT_FILENO;
constexpr int socket_descriptor = 3;
constexpr int page_descriptor = 4;

struct Options {
  pid_t parent = 0;
  std::vector<std::string> task_folders;
  std::vector<std::string> command;  // after `--`: arm and become this program
};

[[noreturn]] void usage() {
  std::fprintf(
      stderr,
      "drover-worker is started by drover-agent, which gives it a socket and shared memory.\n"
      "To run one task here:  drover call TASK name=value ...\n");
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") {
      options.command.assign(argv + i + 1, argv + argc);
      break;
    }
    if (i + 1 == argc) usage();
    if (word == "--parent") {
      options.parent = static_cast<pid_t>(std::atol(argv[++i]));
    } else if (word == "--tasks") {
      options.task_folders.emplace_back(argv[++i]);
    } else {
      usage();
    }
  }
  if (options.parent <= 0) usage();
  return options;
}

/// The child side of a `command:` task: tied to its worker, then replaced by the program.
[[noreturn]] void become(const Options& options) {
  arm(options.parent, 3);
  std::vector<char*> words;
  for (const auto& word : options.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  std::fprintf(stderr, "%s: %s\n", words[0], std::strerror(errno));
  _exit(127);
}

/// Between two runs, and where it idles, a worker leaves for one with the new tasks. A run that
/// goes on keeps what its worker has loaded.
class Reloading {
 public:
  explicit Reloading(TaskFiles& files) : files_(files) {}

  void wait_for_message(const Channel& channel) {
    while (!channel.wait(files_.none() ? -1 : look_every_ms)) {
      if (files_.settled_change()) leave();
    }
  }
  void before(const Lease& lease) {
    if (lease.run == run_) return;
    run_ = lease.run;
    for (int looks = 0; looks < most_looks && files_.changed(); ++looks) {
      if (files_.settled_change()) leave();
      usleep(look_again_us);
    }
  }

 private:
  static constexpr int look_every_ms = 400;
  static constexpr int most_looks = 50;
  static constexpr useconds_t look_again_us = 100'000;

  [[noreturn]] static void leave() {
    std::fflush(stdout);
    _exit(exit_to_reload);
  }

  TaskFiles& files_;
  std::string run_;
};

[[noreturn]] void serve(const Options& options) {
  arm(options.parent, page_descriptor + 1);
  // Whole lines go to the spool at once, so that a crash takes none with it.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);

  auto page = PageMemory::map(page_descriptor);
  if (!page) {
    std::fprintf(stderr, "drover-worker: %s\n", page.error().context.c_str());
    std::exit(2);
  }
  Channel channel(socket_descriptor);
  TaskSet tasks;
  tasks.load_builtin();
  for (const auto& folder : options.task_folders) tasks.load_folder(folder);
  channel.send(packet_of(FromWorker(Catalogue{tasks.signatures(), tasks.notes()})));

  LeaseRunner runner(**page, channel, tasks, spool_descriptor);
  Reloading reloading(tasks.files());
  while (true) {
    reloading.wait_for_message(channel);
    auto message = read_from_agent(channel.receive());
    CHECK(message, "from the agent: {}", message.error().context);
    if (const auto* lease = std::get_if<Lease>(&*message)) {
      reloading.before(*lease);
      runner.run(*lease);
    } else {
      _exit(0);  // Stop; objects of tasks are not taken apart, a faulty one could hang here.
    }
  }
}

}  // namespace
}  // namespace drover::worker

int main(int argc, char** argv) {
  const auto options = drover::worker::parse(argc, argv);
  if (!options.command.empty()) drover::worker::become(options);
  drover::worker::serve(options);
}
