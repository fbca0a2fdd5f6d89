// Preloaded into a program: ends it as kill -9 would, or fails a system call, at the Nth call of
// one kind.
//
// CRASH_POINT="before fdatasync 12": when | call | N, counted from 1
//   when   before, after, or fail (EIO, from the Nth on)
//   call   fdatasync, pwrite (both of the database only: SQLite's), send (of messages: ZeroMQ's)
// What it did is said on file descriptor 2, so that the test knows that the point was reached.

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum class When { Never, Before, After, Fail };

struct Point {
  When when = When::Never;
  char call[16] = "";
  long number = 0;
};

Point read_point() {
  Point point;
  const char* text = std::getenv("CRASH_POINT");
  char when[8] = "";
  if (text == nullptr || std::sscanf(text, "%7s %15s %ld", when, point.call, &point.number) != 3)
    return point;
  if (std::strcmp(when, "before") == 0) point.when = When::Before;
  if (std::strcmp(when, "after") == 0) point.when = When::After;
  if (std::strcmp(when, "fail") == 0) point.when = When::Fail;
  return point;
}

const Point point = read_point();
std::atomic<long> calls{0};

void say_and_die() {
  static const char text[] = "crash point reached\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
  ::kill(::getpid(), SIGKILL);
}

/// Calls `real` and dies or fails around it where this is the point.
template <class Real, class... Arguments>
auto around(const char* name, Real real, Arguments... arguments) -> decltype(real(arguments...)) {
  if (point.when == When::Never || std::strcmp(name, point.call) != 0) return real(arguments...);
  const long number = ++calls;
  if (point.when == When::Fail && number >= point.number) {
    errno = EIO;
    return -1;
  }
  if (point.when == When::Before && number == point.number) say_and_die();
  const auto outcome = real(arguments...);
  if (point.when == When::After && number == point.number) say_and_die();
  return outcome;
}

template <class Function>
Function real_function(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fdatasync(int file) {
  static const auto real = real_function<int (*)(int)>("fdatasync");
  return around("fdatasync", real, file);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static const auto real =
      real_function<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return around("pwrite", real, file, bytes, size, at);
}

ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  static const auto real = real_function<ssize_t (*)(int, const void*, size_t, int)>("send");
  return around("send", real, socket, bytes, size, flags);
}

}  // extern "C"
