#include "agent/worker/log_marks.hpp"

#include <stdio_ext.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace drover::worker {

LogMarks::LogMarks(int spool) : spool_(spool) {
  struct stat info {};
  seekable_ = fstat(spool, &info) == 0 && S_ISREG(info.st_mode);
}

void LogMarks::begin_lease(std::int64_t now_ns) {
  chatty_ = false;
  looked_ns_ = now_ns;
  if (seekable_) offset_ = offset();
}

std::uint64_t LogMarks::look(std::int64_t now_ns) {
  looked_ns_ = now_ns;
  if (__fpending(stdout) > 0) std::fflush(stdout);
  const std::uint64_t end = offset();
  chatty_ = chatty_ || end != offset_;
  offset_ = end;
  return end;
}

std::uint64_t LogMarks::offset() const {
  // The kernel's end of file, not the stream's position, which is wrong on a file opened O_APPEND.
  const off_t end = lseek(spool_, 0, SEEK_END);
  return end < 0 ? unknown_offset : static_cast<std::uint64_t>(end);
}

void LogMarks::flush() {
  std::cout.flush();
  std::fflush(stdout);
  std::fflush(stderr);
}

}  // namespace drover::worker
