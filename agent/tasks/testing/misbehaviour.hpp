#pragma once

#include <string>
#include <utility>

#include "drover/context.hpp"

/// What the tasks of tests and benchmarks share that behave as their input says.
namespace drover::tasks {

/// Does what the word says, and does not return from it: `segfault`, `abort`, `exit` (with status
/// 0), `loop` (for ever), `hog` (takes memory for ever). Every other word does nothing.
void behave_as(const std::string& word);

/// A file to which every call appends the index of each of its items, a line each, before it begins
/// with them: who ran how often is known outside Drover, too. All lines of a call are one write.
class Journal {
 public:
  explicit Journal(std::string path) : path_(std::move(path)) {}

  /// Ends the process where the file cannot be written: a journal with a gap proves nothing.
  void begin_call(const Context& context) const;

 private:
  std::string path_;
};

}  // namespace drover::tasks
