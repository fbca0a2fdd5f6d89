#include "tools/render/live_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/render/numbers.hpp"

namespace drover::tools {

std::string LiveLines::show(const std::vector<std::string>& lines, std::size_t width) {
  std::string text = clear(width);
  for (const auto& line : lines) {
    text += line + "\n";
    shown_.push_back(width_of(line));
  }
  return text;
}

std::string LiveLines::clear(std::size_t width) {
  // A terminal that was made narrower has broken the lines that stood there.
  const std::size_t columns = std::max<std::size_t>(width, 1);
  std::size_t rows = 0;
  for (const std::size_t cells : shown_) {
    rows += std::max<std::size_t>((cells + columns - 1) / columns, 1);
  }
  shown_.clear();
  if (rows == 0) return "";
  // Row by row: some terminals keep in their history what is erased down from the top row.
  const std::string up = fmt::format("\033[{}F", rows);
  std::string text = up;
  for (std::size_t row = 0; row < rows; ++row) text += "\033[K\n";
  return text + up;
}

}  // namespace drover::tools
