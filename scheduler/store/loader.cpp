#include "scheduler/store/loader.hpp"

#include <utility>

#include "scheduler/store/schema.hpp"
#include "scheduler/store/stored_ranges.hpp"

namespace drover::scheduler {
namespace {

std::shared_ptr<RunSpec> read_spec(Database& database, std::int64_t row) {
  auto spec = std::make_shared<RunSpec>();
  {
    Rows runs = database.query(
        "SELECT file, workflow, working_directory, submitted_by FROM runs WHERE no = ?", row);
    if (runs.next()) {
      spec->file = runs.text(0);
      spec->text = runs.text(1);
      spec->working_directory = runs.text(2);
      spec->submitted_by = runs.text(3);
    }
  }
  Rows inputs = database.query("SELECT name, value FROM run_inputs WHERE run = ?", row);
  while (inputs.next()) spec->inputs.emplace(inputs.text(0), inputs.text(1));
  Rows tasks =
      database.query("SELECT signature FROM run_tasks WHERE run = ? ORDER BY position", row);
  while (tasks.next()) spec->tasks.push_back(tasks.text(0));
  return spec;
}

void read_ranges(Database& database, std::int64_t row, StoredStep& step) {
  for (const auto& [items, fate] : ranges_of(database, row)) {
    switch (fate) {
      case ItemFate::Done:
        step.done.insert(items);
        break;
      case ItemFate::Failed:
        step.failed.insert(items);
        break;
      case ItemFate::Skipped:
        step.skipped.insert(items);
        break;
    }
  }
}

void read_charges(Database& database, std::int64_t row, StoredStep& step) {
  Rows rows = database.query(
      "SELECT item, attempt, cause, epoch, lease, agents.id, slot FROM failures "
      "JOIN agents ON agents.no = failures.agent WHERE step = ? AND final = 0 "
      "ORDER BY item, attempt",
      row);
  while (rows.next()) {
    StoredCharge charge{rows.count(0),         rows.number<std::uint32_t>(1),
                        rows.number<Cause>(2), {rows.count(3), rows.count(4)},
                        rows.id<AgentId>(5),   rows.number<std::uint32_t>(6)};
    const ItemIndex item = charge.item;
    if (step.done.contains(item) || step.failed.contains(item) || step.skipped.contains(item)) {
      continue;
    }
    step.charges.push_back(charge);
  }
}

void read_deaths(Database& database, std::int64_t row, StoredStep& step) {
  // What a rerun took over failed before its step opened.
  Rows rows = database.query(
      "SELECT cause, count(*) FROM failures WHERE step = ?1 AND cause IN (?2, ?3, ?4) "
      "AND failed_ms >= (SELECT opened_ms FROM steps WHERE no = ?1) GROUP BY cause",
      row, static_cast<int>(Cause::Crash), static_cast<int>(Cause::OutOfMemory),
      static_cast<int>(Cause::Timeout));
  while (rows.next()) step.deaths[rows.number<Cause>(0)] = rows.count(1);
}

void read_chunks(Database& database, std::int64_t row, StoredStep& step) {
  std::vector<std::pair<std::int64_t, StoredChunks>> streams;
  {
    Rows rows = database.query(
        "SELECT no, epoch, lease FROM streams WHERE step = ? AND (epoch, lease) <> (0, 0)", row);
    while (rows.next()) {
      streams.emplace_back(rows.integer(0), StoredChunks{{rows.count(1), rows.count(2)}, {}});
    }
  }
  for (auto& [stream, chunks] : streams) {
    Rows rows = database.query("SELECT key, count FROM segments WHERE key >= ? AND key < ?",
                               segment_key(stream, 0), segment_key(stream + 1, 0));
    while (rows.next()) {
      const ItemIndex first = first_of_key(rows.integer(0));
      chunks.elements.insert({first, first + rows.count(1)});
    }
    step.chunks.push_back(std::move(chunks));
  }
}

std::vector<std::pair<std::int64_t, StoredStep>> read_step_rows(Database& database,
                                                                std::int64_t run) {
  std::vector<std::pair<std::int64_t, StoredStep>> steps;
  Rows rows = database.query(
      "SELECT no, state, opening_epoch, opening_seq, count, list_size, call_seconds, "
      "slot_seconds FROM steps WHERE run = ? ORDER BY step",
      run);
  while (rows.next()) {
    StoredStep step;
    step.state = rows.number<StepState>(1);
    if (!rows.is_null(2)) step.opening = OpeningId{rows.count(2), rows.count(3)};
    step.count = rows.count(4);
    if (!rows.is_null(5)) step.list_size = rows.count(5);
    step.call_seconds = rows.real(6);
    step.slot_seconds = rows.real(7);
    steps.emplace_back(rows.integer(0), std::move(step));
  }
  return steps;
}

void read_taken_over(Database& database, std::int64_t row, StoredRun& run) {
  Rows rows = database.query(
      "SELECT steps.step, complete FROM taken_over JOIN steps ON steps.no = taken_over.step "
      "WHERE steps.run = ? ORDER BY steps.step",
      row);
  while (rows.next()) {
    const auto place = rows.number<std::size_t>(0);
    if (place >= run.steps.size()) break;
    run.taken_over.resize(run.steps.size());
    const StoredStep& step = run.steps[place];
    TakenOver& taken = run.taken_over[place];
    taken = {rows.integer(1) != 0, step.count, step.done, step.failed, {}, step.list_size};
    if (taken.complete && taken.count > 0) {
      // Of a complete step every other item was skipped.
      taken.skipped.insert(Range{0, taken.count});
      taken.skipped.erase(taken.done);
      taken.skipped.erase(taken.failed);
    }
  }
}

void read_reuse(Database& database, std::int64_t row, StoredRun& run) {
  Rows rows = database.query(
      "SELECT mine.step, theirs.step, runs.id FROM reused JOIN steps AS mine ON mine.no = "
      "reused.step JOIN steps AS theirs ON theirs.no = from_step JOIN runs ON runs.no = theirs.run "
      "WHERE mine.run = ?",
      row);
  while (rows.next()) {
    const auto place = rows.number<std::size_t>(0);
    if (place >= run.steps.size()) break;
    if (!run.reuse) run.reuse = Reuse{rows.id<RunId>(2), {}};
    run.reuse->steps.resize(run.steps.size());
    run.reuse->steps[place] = rows.number<std::uint32_t>(1);
  }
}

}  // namespace

StoredRun read_run(Database& database, std::int64_t row) {
  StoredRun run;
  run.order = static_cast<std::uint64_t>(row);
  run.spec = read_spec(database, row);
  {
    Rows rows = database.query("SELECT id, parent FROM runs WHERE no = ?", row);
    if (rows.next()) {
      run.run = rows.id<RunId>(0);
      if (!rows.is_null(1)) run.parent = rows.id<RunId>(1);
    }
  }
  for (auto& [step_row, step] : read_step_rows(database, row)) {
    read_ranges(database, step_row, step);
    if (step.state == StepState::Waiting || step.state == StepState::Running) {
      read_charges(database, step_row, step);
      read_deaths(database, step_row, step);
      if (!step.list_size) read_chunks(database, step_row, step);
    }
    run.steps.push_back(std::move(step));
  }
  read_taken_over(database, row, run);
  read_reuse(database, row, run);
  return run;
}

Stored read_stored(Database& database) {
  Stored stored;
  stored.epoch =
      static_cast<Epoch>(database.one("SELECT epoch FROM store WHERE one = 1").value_or(0));
  {
    Rows rows =
        database.query("SELECT id, incarnation, name FROM agents WHERE joined = 1 ORDER BY no");
    while (rows.next()) {
      stored.agents.push_back({rows.id<AgentId>(0), rows.count(1), rows.text(2)});
    }
  }
  {
    Rows rows = database.query("SELECT signature FROM tasks ORDER BY signature");
    while (rows.next()) stored.tasks.push_back(rows.text(0));
  }
  std::vector<std::int64_t> unfinished;
  {
    Rows rows = database.query("SELECT no FROM runs WHERE state = 1 ORDER BY no");
    while (rows.next()) unfinished.push_back(rows.integer(0));
  }
  for (const std::int64_t row : unfinished) stored.runs.push_back(read_run(database, row));
  return stored;
}

}  // namespace drover::scheduler
