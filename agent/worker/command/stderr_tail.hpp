#pragma once

#include <sys/types.h>

#include <string>

namespace drover::worker {

/// What is written to this process's stderr from here on, by whomever, where stderr is a file: a
/// worker's spool is one. Of a terminal or a pipe nothing is known, but there a person sees it.
class StderrTail {
 public:
  StderrTail();

  /// The last line that is not empty, cut to 300 bytes; empty where there is none.
  std::string last_line() const;

 private:
  off_t begin_ = -1;  // none where stderr is no file
};

}  // namespace drover::worker
