#include "tools/render/table.hpp"

#include <algorithm>

#include "common/check.hpp"
#include "tools/render/numbers.hpp"

namespace drover::tools {

Table::Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void Table::add(std::vector<std::string> row) {
  CHECK(row.size() == rows_.front().size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  const std::size_t columns = rows_.front().size();
  std::vector<std::size_t> widths(columns, 0);
  for (std::size_t r = 1; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < columns; ++c)
      widths[c] = std::max(widths[c], width_of(rows_[r][c]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < columns; ++c) {
      if (widths[c] == 0) continue;
      line += padded(row[c], std::max(widths[c], width_of(rows_.front()[c]))) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace drover::tools
