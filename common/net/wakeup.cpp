#include "common/net/wakeup.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "common/check.hpp"

namespace drover::net {

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(fd_ >= 0, "eventfd: {}", std::strerror(errno));
}

Wakeup::~Wakeup() { ::close(fd_); }

void Wakeup::wake() {
  const std::uint64_t one = 1;
  // Fails only where the counter is full, and then the thread is awake already.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Wakeup::drain() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
}

}  // namespace drover::net
