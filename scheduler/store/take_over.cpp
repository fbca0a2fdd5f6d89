#include <algorithm>

#include "scheduler/store/moved.hpp"
#include "scheduler/store/writer.hpp"

/// How a rerun comes by what its parent run had. Streams of values are shared, so taking over ten
/// million results is a row; only failures are copied. It happens at once, so that a rerun of a
/// rerun that never came to a step still finds its results; the step's opening then says what of it
/// holds.
namespace drover::scheduler {

void Writer::save(const SaveTakeOver& taken) {
  for (std::uint32_t i = 0; i < taken.steps.size(); ++i) {
    const auto row = step({taken.run, i});
    const auto from = step({taken.parent, i});
    if (!row || !from) return;
    take_over(*row, *from, taken.steps[i]);
  }
}

void Writer::take_over(std::int64_t row, std::int64_t from, const TakenOver& taken) {
  if (!taken.complete && taken.done.empty() && taken.failed.empty()) return;
  database_.run("INSERT INTO taken_over (step, complete) VALUES (?, ?)", row, taken.complete);
  database_.run("UPDATE steps SET count = ? WHERE no = ?", taken.count, row);
  database_.run(
      "INSERT INTO inherited (step, stream) SELECT ?1, stream FROM inherited WHERE step = ?2 "
      "UNION SELECT ?1, no FROM streams WHERE step = ?2 AND epoch = 0 AND lease = 0",
      row, from);
  for (const Range range : taken.done.ranges()) {
    for (const MovedPart& part : moved_within(database_, from, range))
      insert_moved(database_, row, part);
  }
  note_origins(database_, row);
  if (taken.complete) {
    database_.run(
        "UPDATE steps SET list = parent.list, list_size = parent.list_size "
        "FROM (SELECT list, list_size FROM steps WHERE no = ?) AS parent WHERE no = ?",
        from, row);
  }
  const auto keep = [&](const IntervalSet& items, ItemFate fate) {
    for (const Range range : items.ranges()) {
      ranges_.add(row, fate, range);
      database_.run(
          "INSERT INTO failures (step, item, attempt, epoch, lease, agent, slot, cause, signature, "
          "reason, seconds, final, failed_ms) SELECT ?, item, attempt, epoch, lease, agent, slot, "
          "cause, signature, reason, seconds, final, failed_ms FROM failures "
          "WHERE step = ? AND item >= ? AND item < ?",
          row, from, range.first, range.last);
    }
  };
  keep(taken.done, ItemFate::Done);
  keep(taken.failed, ItemFate::Failed);
  count_failure_groups(row);
}

void Writer::settle_taken_over(std::int64_t row, const SaveOpening& opening) {
  const auto waiting = database_.one("SELECT 1 FROM taken_over WHERE step = ?", row);
  if (!waiting) return;
  database_.run("DELETE FROM taken_over WHERE step = ?", row);
  IntervalSet lost;
  const auto count = database_.one("SELECT count FROM steps WHERE no = ?", row).value_or(0);
  if (static_cast<std::uint64_t>(count) != opening.count) {
    lost.insert(Range{0, item_limit});
    database_.run("DELETE FROM inherited WHERE step = ?", row);
    forget_moved(database_, row);
    database_.run("UPDATE steps SET list = NULL, list_size = NULL WHERE no = ?", row);
  }
  for (const Range items : opening.skipped) lost.insert(items);
  if (!lost.empty()) forget_items(row, lost);
  ranges_.flush();
  database_.run(
      "UPDATE steps SET kept = (SELECT coalesce(sum(last - first), 0) FROM ranges "
      "WHERE step = ?1 AND fate = ?2) WHERE no = ?1",
      row, static_cast<int>(ItemFate::Done));
}

void Writer::forget_items(std::int64_t row, const IntervalSet& lost) {
  ranges_.erase(row, lost);
  for (const Range items : lost.ranges()) {
    database_.run("DELETE FROM failures WHERE step = ? AND item >= ? AND item < ?", row,
                  items.first, items.last);
  }
  count_failure_groups(row);
}

void Writer::count_failure_groups(std::int64_t row) {
  database_.run("DELETE FROM failure_groups WHERE step = ?", row);
  database_.run(
      "INSERT INTO failure_groups (step, signature, count, example, reason) "
      "SELECT step, signature, count(*), min(item), reason FROM failures "
      "WHERE step = ? AND final = 1 GROUP BY signature",
      row);
}

}  // namespace drover::scheduler
