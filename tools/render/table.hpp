#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/render/terminal.hpp"

namespace drover::tools {

/// Rows under a header, columns as wide as their widest cell; columns that are empty throughout are
/// left out.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);  ///< As many cells as the header has.

  /// Ends with a newline. Where a terminal is too narrow, the last column, which is prose, goes on
  /// in lines of its own; then the widest column shows the ends of its cells, as paths differ
  /// there.
  std::string text(const Terminal& terminal) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // The header first.
};

}  // namespace drover::tools
