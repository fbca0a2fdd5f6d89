#include "tools/render/table.hpp"

#include <algorithm>
#include <numeric>

#include "common/check.hpp"
#include "tools/render/numbers.hpp"

namespace drover::tools {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t between = 2;
constexpr std::size_t indent_of_prose = 4;  // Where it has lines of its own.
constexpr std::size_t least_of_prose = 24;  // Narrower than that it is no pleasure beside.
constexpr std::size_t least_of_a_column = 12;

/// Columns that are empty throughout are gone.
std::vector<Row> without_empty_columns(const std::vector<Row>& rows) {
  std::vector<Row> kept(rows.size());
  for (std::size_t c = 0; c < rows.front().size(); ++c) {
    if (std::all_of(rows.begin() + 1, rows.end(), [&](const Row& row) { return row[c].empty(); }))
      continue;
    for (std::size_t r = 0; r < rows.size(); ++r) kept[r].push_back(rows[r][c]);
  }
  return kept;
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  return widths;
}

/// Cells of columns and of the blanks behind each.
std::size_t cells_of(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), widths.size() * between);
}

/// Makes the widest columns narrower, as far as they may be.
void narrow_to(std::size_t width, std::vector<std::size_t>& widths) {
  for (std::size_t cells = cells_of(widths); cells > width; cells = cells_of(widths)) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (widest == widths.end() || *widest <= least_of_a_column) return;
    *widest = std::max(least_of_a_column, *widest - std::min(*widest, cells - width));
  }
}

void add_line(std::string line, std::string& text) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

}  // namespace

Table::Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void Table::add(std::vector<std::string> row) {
  CHECK(row.size() == rows_.front().size());
  rows_.push_back(std::move(row));
}

std::string Table::text(const Terminal& terminal) const {
  const std::vector<Row> rows = without_empty_columns(rows_);
  std::vector<std::size_t> widths = widths_of(rows);
  if (widths.empty()) return "";
  const std::size_t prose = widths.back();
  widths.pop_back();
  // A word or two is not worth lines of its own.
  if (terminal.live && prose < least_of_prose)
    narrow_to(terminal.width - std::min(prose, terminal.width), widths);
  const bool fits = !terminal.live || cells_of(widths) + prose <= terminal.width;
  const bool beside = fits || cells_of(widths) + least_of_prose <= terminal.width;
  if (!beside) narrow_to(terminal.width, widths);
  const std::size_t indent = beside ? cells_of(widths) : indent_of_prose;
  const std::size_t room = fits ? prose : terminal.width - std::min(indent, terminal.width);
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      line += padded(end_of(row[c], widths[c]), widths[c] + between);
    }
    if (!beside) {
      add_line(line, text);
      line.assign(indent, ' ');
    }
    for (const auto& part : broken_at_blanks(row.back(), room, 0)) {
      if (beside || !part.empty()) add_line(line + part, text);
      line.assign(indent, ' ');
    }
  }
  return text;
}

}  // namespace drover::tools
