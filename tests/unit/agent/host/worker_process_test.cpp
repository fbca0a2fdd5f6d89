#include "agent/host/worker_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "agent/worker/messages.hpp"

namespace drover::agent {
namespace {

class WorkerProcessTest : public ::testing::Test {
 protected:
  WorkerProcessTest()
      : spool_(open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC)),
        process_(*WorkerProcess::spawn(DROVER_WORKER, {}, spool_.get(), "DROVER_WORKER=test;")) {}

  bool readable(int descriptor) const {
    pollfd look{descriptor, POLLIN, 0};
    return poll(&look, 1, 60'000) == 1;
  }
  void wait_until_ready() {
    ASSERT_TRUE(readable(process_.socket.get()));
    std::string packet(worker::max_message_bytes, '\0');
    ASSERT_GT(recv(process_.socket.get(), packet.data(), packet.size(), 0), 0);
  }
  Ending ending() {
    EXPECT_TRUE(readable(process_.pidfd.get()));
    return reap(process_).value_or(Ending{-1, -1});
  }
  /// A line of /proc/PID/status, without its name.
  std::string status(const std::string& name) const {
    std::ifstream lines("/proc/" + std::to_string(process_.pid) + "/status");
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
    }
    return {};
  }

  UniqueFd spool_;
  WorkerProcess process_;
};

TEST_F(WorkerProcessTest, LeavesWhenItsAgentGoesAway) {
  wait_until_ready();
  process_.socket = UniqueFd();
  EXPECT_EQ(ending().exit_status, 3);
}

TEST_F(WorkerProcessTest, LeavesWhenItIsTold) {
  wait_until_ready();
  const auto packet = worker::packet_of(worker::FromAgent(worker::Stop{"enough"}));
  ASSERT_GT(send(process_.socket.get(), packet.data(), packet.size(), 0), 0);
  EXPECT_EQ(ending().exit_status, 0);
}

TEST_F(WorkerProcessTest, HasNoPrivilegesToGainAGroupOfItsOwnAndFiveDescriptors) {
  wait_until_ready();
  EXPECT_EQ(status("NoNewPrivs"), "1");
  EXPECT_EQ(getpgid(process_.pid), process_.pid);
  std::vector<std::string> descriptors;
  const auto folder = "/proc/" + std::to_string(process_.pid) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    descriptors.push_back(entry.path().filename());
  }
  EXPECT_THAT(descriptors, ::testing::UnorderedElementsAre("0", "1", "2", "3", "4"));
  process_.socket = UniqueFd();
  ending();
}

TEST(Worker, RefusesToBeStartedByHand) {
  // Another parent than the one it is told of: as if its agent had died before it looked.
  const pid_t child = fork();
  if (child == 0) {
    execl(DROVER_WORKER, DROVER_WORKER, "--parent", "1", nullptr);
    _exit(99);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

}  // namespace
}  // namespace drover::agent
