#include "agent/worker/arm.hpp"

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "agent/worker/channel.hpp"

namespace drover::worker {

void arm(pid_t parent, int first_closed) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before that line: then nobody will ever send the signal.
  if (getppid() != parent) _exit(exit_without_agent);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  close_range(static_cast<unsigned>(first_closed), ~0U, 0);
}

}  // namespace drover::worker
