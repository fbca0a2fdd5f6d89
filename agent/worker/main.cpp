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
#include "agent/worker/catalogue.hpp"
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
  channel.send(packet_of(FromWorker(catalogue_of(tasks))));

  LeaseRunner runner(**page, channel, tasks, spool_descriptor);
  while (true) {
    auto message = read_from_agent(channel.receive());
    CHECK(message, "from the agent: {}", message.error().context);
    if (const auto* lease = std::get_if<Lease>(&*message)) {
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
