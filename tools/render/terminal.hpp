#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drover::tools {

/// What standard output or standard error is.
struct Terminal {
  bool live = false;        ///< A terminal: lines may be written over.
  bool colour = false;      ///< A terminal, and NO_COLOR is not set.
  std::size_t width = 100;  ///< In cells; without bound where it is no terminal.

  /// As it is now: a window may change its size at any time.
  static Terminal of_stdout();
  static Terminal of_stderr();
};

enum class Ink { Plain, Bold, Dim, Green, Red, Yellow };

/// The text in that ink; as it is where there is no colour. Colour only carries emphasis: the words
/// say all.
std::string inked(const Terminal& terminal, Ink ink, std::string_view text);

/// Lines that stay, broken at blanks where the terminal is narrower. What goes on stands under the
/// text behind the line's label, or two cells further in where it has none. A pipe gets lines
/// whole, and a terminal those that are commands.
std::vector<std::string> fitted(const std::vector<std::string>& lines, const Terminal& terminal);

}  // namespace drover::tools
