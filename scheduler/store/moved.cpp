#include "scheduler/store/moved.hpp"

#include "scheduler/store/writer.hpp"

/// How a new run comes by what is done in another one: no value is copied, rows say where it
/// stands. They name the step that made it, however often it was taken over since, so a reader
/// looks up one row, and the runs between may go.
namespace drover::scheduler {

std::vector<MovedPart> moved_within(Database& database, std::int64_t step_row, Range items) {
  std::vector<MovedPart> parts;
  Rows rows = database.query(
      "SELECT first, last, from_step, from_first FROM moved WHERE step = ?1 AND first < ?3 AND "
      "first >= coalesce((SELECT max(first) FROM moved WHERE step = ?1 AND first <= ?2), ?2) "
      "ORDER BY first",
      step_row, items.first, items.last);
  while (rows.next()) {
    const Range stored{rows.count(0), rows.count(1)};
    const Range part = intersection(stored, items);
    if (part.empty()) continue;
    parts.push_back({part, rows.integer(2), rows.count(3) + (part.first - stored.first)});
  }
  return parts;
}

void insert_moved(Database& database, std::int64_t step_row, const MovedPart& part) {
  database.run(
      "INSERT INTO moved (step, first, last, from_step, from_first) VALUES (?, ?, ?, ?, ?)",
      step_row, part.items.first, part.items.last, part.from_step, part.from_first);
}

void note_origins(Database& database, std::int64_t step_row) {
  database.run(
      "INSERT INTO moved_from (step, from_step) "
      "SELECT DISTINCT step, from_step FROM moved WHERE step = ?",
      step_row);
}

void forget_moved(Database& database, std::int64_t step_row) {
  database.run("DELETE FROM moved WHERE step = ?", step_row);
  database.run("DELETE FROM moved_from WHERE step = ?", step_row);
}

void Writer::save(const SaveReuse& reuse) {
  for (std::uint32_t i = 0; i < reuse.steps.size(); ++i) {
    if (!reuse.steps[i]) continue;
    const auto row = step({reuse.run, i});
    const auto from = step({reuse.from, *reuse.steps[i]});
    if (!row || !from) return;
    database_.run("INSERT INTO reused (step, from_step) VALUES (?, ?)", *row, *from);
  }
}

void Writer::save(const SaveMoved& moved) {
  const auto row = step(moved.step);
  const auto from = step(moved.from);
  if (!row || !from) return;
  database_.run("DELETE FROM reused WHERE step = ?", *row);
  if (moved.moved->empty()) return;
  database_.run("INSERT INTO taken_over (step, complete) VALUES (?, 0)", *row);
  database_.run("UPDATE steps SET count = ? WHERE no = ?", moved.count, *row);
  for (const MovedItems& part : *moved.moved) {
    ranges_.add(*row, ItemFate::Done, part.items);
    move(*row, *from, part);
  }
  note_origins(database_, *row);
}

/// Where `from` had its results from elsewhere, they are found there.
void Writer::move(std::int64_t row, std::int64_t from, const MovedItems& part) {
  const Range source{part.from, part.from + part.items.size()};
  ItemIndex next = source.first;
  const auto add = [&](ItemIndex end, std::int64_t step_row, ItemIndex first) {
    if (next == end) return;
    const ItemIndex at = part.items.first + (next - source.first);
    insert_moved(database_, row, {{at, at + (end - next)}, step_row, first});
    next = end;
  };
  for (const MovedPart& earlier : moved_within(database_, from, source)) {
    add(earlier.items.first, from, next);
    add(earlier.items.last, earlier.from_step, earlier.from_first);
  }
  add(source.last, from, next);
}

}  // namespace drover::scheduler
