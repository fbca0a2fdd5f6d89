#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace drover::tools {

/// Lines on a terminal that are written over by the next ones; gives the text to print.
class LiveLines {
 public:
  /// Takes away what is shown and shows these, on a terminal that is `width` cells wide now.
  std::string show(const std::vector<std::string>& lines, std::size_t width);
  /// Takes away what is shown.
  std::string clear(std::size_t width);

 private:
  std::vector<std::size_t> shown_;  // The cells of each line.
};

}  // namespace drover::tools
