#include "scheduler/store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/store/segment.hpp"

namespace drover::scheduler {
namespace {

bool covers(std::span<const Range> ranges, ItemIndex item) {
  const auto after = std::ranges::upper_bound(ranges, item, {}, &Range::first);
  return after != ranges.begin() && std::prev(after)->contains(item);
}

constexpr LeaseId map_results{};  // the stream of a step's own results

}  // namespace

void Writer::write(const Save& save_) {
  std::visit([this](const auto& what) { save(what); }, save_.what);
}

std::optional<std::int64_t> Writer::run(const RunId& run) {
  const auto row = numbers_.run(run);
  if (!row) database_.refuse(ErrorCode::Internal, "no run " + to_string(run));
  return row;
}

std::optional<std::int64_t> Writer::step(const StepRef& step) {
  const auto row = numbers_.step(step);
  if (!row) {
    database_.refuse(ErrorCode::Internal,
                     fmt::format("no step {} of run {}", step.step, to_string(step.run)));
  }
  return row;
}

void Writer::save(const SaveRun& run) {
  const RunSpec& spec = *run.spec;
  database_.run(
      "INSERT OR IGNORE INTO runs (id, state, created_ms, name, results, parent, reuses, "
      "file, working_directory, submitted_by, workflow) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      run.run, static_cast<int>(RunState::Running), now_, run.name, run.results, run.parent,
      run.reuses, spec.file, spec.working_directory, spec.submitted_by, spec.text);
  if (!database_.ok() || !database_.changed()) return;  // it is there already
  const std::int64_t row = database_.last_row();
  for (const auto& [name, value] : spec.inputs) {
    database_.run("INSERT INTO run_inputs (run, name, value) VALUES (?, ?, ?)", row, name, value);
  }
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    database_.run("INSERT INTO run_tasks (run, position, signature) VALUES (?, ?, ?)", row, i,
                  spec.tasks[i]);
  }
  for (std::size_t i = 0; i < run.step_names.size(); ++i) {
    database_.run("INSERT INTO steps (run, step, name) VALUES (?, ?, ?)", row, i,
                  run.step_names[i]);
  }
}

void Writer::save(const SaveOpening& opening) {
  const auto row = step(opening.step);
  if (!row) return;
  database_.run("DELETE FROM reused WHERE step = ?", *row);
  settle_taken_over(*row, opening);
  database_.run(
      "UPDATE steps SET state = ?, opening_epoch = ?, opening_seq = ?, count = ?, opened_ms = ? "
      "WHERE no = ? AND opening_epoch IS NULL",
      static_cast<int>(StepState::Running), opening.opening.epoch, opening.opening.seq,
      opening.count, now_, *row);
  if (database_.ok() && !database_.changed()) {
    database_.refuse(ErrorCode::Internal,
                     fmt::format("step {} of run {} opened twice", opening.step.step,
                                 to_string(opening.step.run)));
  }
  for (const Range items : opening.skipped) ranges_.add(*row, ItemFate::Skipped, items);
}

void Writer::save(const SaveResults& results) {
  const auto row = step(results.step);
  if (!row || results.done.empty()) return;
  std::vector<Range> done = results.done;
  std::ranges::sort(done);
  const ItemIndex first = results.results->first;
  const ItemIndex last = first + results.results->columns.size();
  if (done.front().first < first || done.back().last > last) {
    return database_.refuse(
        ErrorCode::Internal,
        fmt::format("items {} to {} were accepted, but the results are of {} to {}",
                    done.front().first, done.back().last, first, last));
  }
  for (const Range items : done) ranges_.add(*row, ItemFate::Done, items);
  if (!database_.ok()) return;
  const std::int64_t stream = numbers_.stream(*row, map_results);
  if (!results.build.empty()) numbers_.note_build(stream, results.build);
  for (const Range items : segment_ranges(done)) segment(stream, results, done, items);
}

void Writer::segment(std::int64_t stream, const SaveResults& results, std::span<const Range> done,
                     Range items) {
  const wire::Results& message = *results.results;
  const std::size_t at = items.first - message.first;
  const std::size_t count = items.size();
  std::span<const std::uint32_t> offsets(message.columns.offsets);
  offsets = offsets.subspan(at, count + 1);
  std::string_view bytes = message.columns.bytes;
  bytes = bytes.substr(offsets.front(), offsets.back() - offsets.front());
  std::span<const float> seconds(message.seconds);
  seconds = seconds.size() == message.columns.size() ? seconds.subspan(at, count)
                                                     : std::span<const float>();

  // Values that were not accepted are left out; mostly there are none, and nothing is copied.
  Columns accepted;
  bool has_others = false;
  for (std::size_t i = 0; i < count && done.size() > 1; ++i) {
    has_others |= offsets[i + 1] != offsets[i] && !covers(done, items.first + i);
  }
  if (has_others) {
    for (std::size_t i = 0; i < count; ++i) {
      const bool kept = covers(done, items.first + i);
      accepted.push_back(kept ? message.columns.value(at + i) : std::string_view());
    }
    offsets = accepted.offsets;
    bytes = accepted.bytes;
  }

  const std::string shape = encode_shape(offsets, seconds);
  database_.run(
      "INSERT INTO segments (key, count, agent, slot, epoch, lease, stored_ms, checksum, shape, "
      "bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      segment_key(stream, items.first), count, numbers_.agent(results.agent), results.slot,
      message.lease.epoch, message.lease.number, now_, segment_checksum(shape, bytes),
      BlobView{shape}, BlobView{bytes});
}

void Writer::save(const SaveChunk& chunk) {
  const auto row = step(chunk.step);
  if (!row || chunk.chunk->columns.empty()) return;
  const wire::PutChunk& message = *chunk.chunk;
  if (message.first + message.columns.size() > item_limit) {
    return database_.refuse(ErrorCode::TooLarge,
                            fmt::format("a list has at most {} elements", item_limit));
  }
  const std::int64_t stream = numbers_.stream(*row, message.lease);
  const Columns& columns = message.columns;
  for (std::size_t at = 0; at < columns.size(); at += max_segment_items) {
    const std::size_t count = std::min<std::size_t>(columns.size() - at, max_segment_items);
    const auto offsets = std::span(columns.offsets).subspan(at, count + 1);
    const auto bytes =
        std::string_view(columns.bytes).substr(offsets.front(), offsets.back() - offsets.front());
    const bool stamped = message.stamps.size() == columns.size();
    const auto stamps = std::span(message.stamps).subspan(stamped ? at : 0, stamped ? count : 0);
    const std::string shape = encode_shape(offsets, {}, stamps);
    database_.run(
        "INSERT OR IGNORE INTO segments (key, count, epoch, lease, stored_ms, checksum, shape, "
        "bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        segment_key(stream, message.first + at), count, message.lease.epoch, message.lease.number,
        now_, segment_checksum(shape, bytes), BlobView{shape}, BlobView{bytes});
  }
}

void Writer::save(const SaveList& list) {
  const auto row = step(list.step);
  if (!row) return;
  const std::int64_t kept = numbers_.stream(*row, list.lease);
  std::vector<std::int64_t> dropped;
  Rows streams = database_.query(
      "SELECT no FROM streams WHERE step = ? AND no <> ? AND (epoch, lease) <> (0, 0)", *row, kept);
  while (streams.next()) dropped.push_back(streams.integer(0));
  for (const std::int64_t stream : dropped) {
    database_.run("DELETE FROM segments WHERE key >= ? AND key < ?", segment_key(stream, 0),
                  segment_key(stream + 1, 0));
    database_.run("DELETE FROM streams WHERE no = ?", stream);
  }
  if (!dropped.empty()) numbers_.forget();
  database_.run("UPDATE steps SET list = ?, list_size = ? WHERE no = ?", kept, list.size, *row);
}

void Writer::save(const SaveFailure& failure) {
  const auto row = step(failure.step);
  if (!row) return;
  const std::int64_t signature = numbers_.text(failure.signature);
  const std::int64_t reason = numbers_.text(failure.text);
  database_.run(
      "INSERT OR IGNORE INTO failures (step, item, attempt, epoch, lease, agent, slot, cause, "
      "signature, reason, seconds, final, failed_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?)",
      *row, failure.item, failure.attempt, failure.lease.epoch, failure.lease.number,
      numbers_.agent(failure.agent), failure.slot, static_cast<int>(failure.cause), signature,
      reason, static_cast<double>(failure.seconds), failure.final, now_);
  if (!failure.final || !database_.ok() || !database_.changed()) return;
  ranges_.add(*row, ItemFate::Failed, {failure.item, failure.item + 1});
  database_.run(
      "INSERT INTO failure_groups (step, signature, count, example, reason) VALUES (?, ?, 1, ?, ?) "
      "ON CONFLICT (step, signature) DO UPDATE SET count = count + 1",
      *row, signature, failure.item, reason);
}

void Writer::save(const SaveStepEnded& ended) {
  const auto row = step(ended.step);
  if (!row) return;
  database_.run(
      "UPDATE steps SET state = ?, done = ?, failed = ?, skipped = ?, cancelled = ?, reason = ?, "
      "ended_ms = ?, call_seconds = ?, slot_seconds = ? WHERE no = ?",
      static_cast<int>(ended.state), ended.done, ended.failed, ended.skipped, ended.cancelled,
      ended.reason, now_, ended.call_seconds, ended.slot_seconds, *row);
}

void Writer::save(const SaveRunEnded& ended) {
  const auto row = run(ended.run);
  if (!row) return;
  database_.run(
      "UPDATE runs SET state = ?, reason = ?, ended_ms = ?, "
      "unlisted = EXISTS (SELECT 1 FROM steps WHERE run = runs.no AND failed > 0) WHERE no = ?",
      static_cast<int>(ended.state), ended.reason, now_, *row);
}

void Writer::save(const SaveAgent& agent) {
  database_.run(
      "UPDATE agents SET incarnation = ?, name = ?, joined = 1, joined_ms = ? WHERE no = ?",
      agent.incarnation, agent.name, now_, numbers_.agent(agent.agent));
}

void Writer::save(const DropAgent& agent) {
  // The row stays: results and failures name it.
  database_.run("UPDATE agents SET joined = 0 WHERE id = ?", agent.agent);
}

void Writer::save(const SaveTask& task) {
  database_.run("INSERT OR REPLACE INTO tasks (name, signature, seen_ms) VALUES (?, ?, ?)",
                task.name, task.signature, now_);
}

void Writer::save(const SaveEvent& event) {
  const auto row = run(event.run);
  if (row) {
    database_.run("INSERT INTO events (run, at_ms, text) VALUES (?, ?, ?)", *row, now_, event.text);
  }
}

}  // namespace drover::scheduler
