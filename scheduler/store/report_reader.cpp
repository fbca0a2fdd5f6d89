#include "scheduler/store/report_reader.hpp"

namespace drover::scheduler {
namespace {

std::optional<WallTime> time_at(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return WallTime{rows.integer(column)};
}

// Columns of runs that run_of() reads, in its order.
#define RUN_COLUMNS \
  "id, name, file, submitted_by, results, state, reason, parent, created_ms, ended_ms, reuses"

RunRow run_of(const Rows& rows) {
  RunRow run;
  run.run = rows.id<RunId>(0);
  run.name = rows.text(1);
  run.file = rows.text(2);
  run.submitted_by = rows.text(3);
  run.results = rows.text(4);
  run.state = rows.number<RunState>(5);
  run.reason = rows.text(6);
  if (!rows.is_null(7)) run.parent = rows.id<RunId>(7);
  run.created = WallTime{rows.integer(8)};
  run.ended = time_at(rows, 9);
  run.reuses = rows.integer(10) != 0;
  return run;
}

RunId bound(std::string_view digits, char filler) {
  std::string hex(digits);
  hex.resize(32, filler);
  return RunId{from_hex(hex).value_or(RunId{}.bytes)};
}

}  // namespace

std::vector<RunRow> ReportReader::runs(std::uint64_t limit) {
  std::vector<RunRow> found;
  Rows rows = database_.query("SELECT " RUN_COLUMNS " FROM runs ORDER BY no DESC LIMIT ?", limit);
  while (rows.next()) found.push_back(run_of(rows));
  return found;
}

std::vector<RunRow> ReportReader::unlisted_runs(std::uint64_t limit) {
  std::vector<RunRow> found;
  Rows rows = database_.query(
      "SELECT " RUN_COLUMNS " FROM runs WHERE unlisted = 1 ORDER BY no LIMIT ?", limit);
  while (rows.next()) found.push_back(run_of(rows));
  return found;
}

std::vector<RunRow> ReportReader::runs_beginning(std::string_view digits) {
  std::vector<RunRow> found;
  Rows rows = database_.query("SELECT " RUN_COLUMNS
                              " FROM runs WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 2",
                              bound(digits, '0'), bound(digits, 'f'));
  while (rows.next()) found.push_back(run_of(rows));
  return found;
}

ItemCounts counts_of(const StepIndex& step) {
  ItemCounts counts;
  counts.count = step.count;
  counts.done = step.of(ItemFate::Done).size();
  counts.failed = step.of(ItemFate::Failed).size();
  counts.skipped = step.of(ItemFate::Skipped).size();
  if (step.ended()) counts.cancelled = counts.open();
  return counts;
}

std::vector<StepRow> ReportReader::steps(std::int64_t run, StepIndices& indices) {
  std::vector<StepRow> steps;
  std::vector<std::int64_t> step_rows;
  {
    Rows rows = database_.query(
        "SELECT no, step, name, state, list_size, reason, opened_ms, ended_ms, call_seconds, "
        "slot_seconds, kept FROM steps WHERE run = ? ORDER BY step",
        run);
    while (rows.next()) {
      step_rows.push_back(rows.integer(0));
      StepRow step;
      step.step = rows.number<std::uint32_t>(1);
      step.name = rows.text(2);
      step.state = rows.number<StepState>(3);
      if (!rows.is_null(4)) step.list_size = rows.count(4);
      step.reason = rows.text(5);
      step.opened = time_at(rows, 6);
      step.ended = time_at(rows, 7);
      step.call_seconds = rows.real(8);
      step.slot_seconds = rows.real(9);
      step.kept = rows.count(10);
      steps.push_back(std::move(step));
    }
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (const auto index = indices.of(step_rows[i])) steps[i].items = counts_of(*index);
    steps[i].builds = builds_of(step_rows[i]);
    if (steps[i].kept > 0) steps[i].kept_from = makers_of(step_rows[i]);
  }
  return steps;
}

std::vector<std::string> ReportReader::builds_of(std::int64_t step_row) {
  std::vector<std::string> builds;
  Rows rows = database_.query(
      "SELECT DISTINCT text FROM stream_builds JOIN texts ON texts.no = build WHERE stream IN ("
      "SELECT no FROM streams WHERE step = ?1 AND epoch = 0 AND lease = 0 "
      "UNION SELECT stream FROM inherited WHERE step = ?1 "
      "UNION SELECT streams.no FROM moved_from JOIN streams ON streams.step = moved_from.from_step "
      "WHERE moved_from.step = ?1 AND epoch = 0 AND lease = 0) ORDER BY text",
      step_row);
  while (rows.next()) builds.push_back(rows.text(0));
  return builds;
}

/// The runs whose results the step has taken over, through however many reruns.
std::vector<RunId> ReportReader::makers_of(std::int64_t step_row) {
  std::vector<RunId> makers;
  Rows rows = database_.query(
      "SELECT runs.id FROM runs WHERE no IN (SELECT steps.run FROM steps WHERE steps.no IN ("
      "SELECT streams.step FROM streams JOIN inherited ON streams.no = inherited.stream "
      "WHERE inherited.step = ?1 UNION SELECT from_step FROM moved_from WHERE step = ?1)) "
      "ORDER BY runs.no DESC",
      step_row);
  while (rows.next()) makers.push_back(rows.id<RunId>(0));
  return makers;
}

std::vector<FailureGroup> ReportReader::failure_groups(std::int64_t run) {
  std::vector<FailureGroup> groups;
  Rows rows = database_.query(
      "SELECT steps.step, signatures.text, failure_groups.count, example, reasons.text "
      "FROM steps JOIN failure_groups ON failure_groups.step = steps.no "
      "JOIN texts AS signatures ON signatures.no = signature "
      "JOIN texts AS reasons ON reasons.no = failure_groups.reason "
      "WHERE steps.run = ? ORDER BY failure_groups.count DESC, steps.step, example",
      run);
  while (rows.next()) {
    groups.push_back(
        {rows.number<std::uint32_t>(0), rows.text(1), rows.count(2), rows.count(3), rows.text(4)});
  }
  return groups;
}

std::vector<EventRow> ReportReader::events(std::int64_t run, std::uint64_t limit) {
  std::vector<EventRow> events;
  Rows rows = database_.query(
      "SELECT at_ms, text FROM (SELECT no, at_ms, text FROM events WHERE run = ? "
      "ORDER BY no DESC LIMIT ?) ORDER BY no",
      run, limit);
  while (rows.next()) events.push_back({WallTime{rows.integer(0)}, rows.text(1)});
  return events;
}

}  // namespace drover::scheduler
