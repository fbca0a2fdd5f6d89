#pragma once

#include <string>
#include <vector>

namespace drover::tools {

/// Rows under a header, columns as wide as their widest cell; columns that are empty throughout are
/// left out.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);  ///< As many cells as the header has.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // The header first.
};

}  // namespace drover::tools
