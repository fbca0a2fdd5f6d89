#include "scheduler/store/row_numbers.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include "scheduler/store/schema.hpp"

namespace drover::scheduler {
namespace {

constexpr std::size_t max_remembered = 4096;  // of each kind

template <class Key>
void remember(std::map<Key, std::int64_t>& known, const Key& key, std::int64_t row) {
  if (known.size() >= max_remembered) known.clear();
  known.emplace(key, row);
}

}  // namespace

std::optional<std::int64_t> RowNumbers::run(const RunId& run) {
  if (const auto known = runs_.find(run); known != runs_.end()) return known->second;
  const auto row = database_.one("SELECT no FROM runs WHERE id = ?", run);
  if (row) remember(runs_, run, *row);
  return row;
}

std::optional<std::int64_t> RowNumbers::step(const StepRef& step) {
  if (const auto known = steps_.find(step); known != steps_.end()) return known->second;
  const auto run_row = run(step.run);
  if (!run_row) return std::nullopt;
  const auto row =
      database_.one("SELECT no FROM steps WHERE run = ? AND step = ?", *run_row, step.step);
  if (row) remember(steps_, step, *row);
  return row;
}

std::int64_t RowNumbers::stream(std::int64_t step, const LeaseId& lease) {
  const StreamKey key{step, lease};
  if (const auto known = streams_.find(key); known != streams_.end()) return known->second;
  auto row = database_.one("SELECT no FROM streams WHERE step = ? AND epoch = ? AND lease = ?",
                           step, lease.epoch, lease.number);
  if (!row) {
    database_.run("INSERT INTO streams (step, epoch, lease) VALUES (?, ?, ?)", step, lease.epoch,
                  lease.number);
    row = database_.last_row();
    if (*row >= stream_limit) {
      database_.refuse(
          ErrorCode::TooLarge,
          fmt::format(
              "the database has held {} steps, the most it can: start with a new state folder",
              stream_limit));
    }
  }
  remember(streams_, key, *row);
  return *row;
}

std::int64_t RowNumbers::agent(const AgentId& agent) {
  if (const auto known = agents_.find(agent); known != agents_.end()) return known->second;
  auto row = database_.one("SELECT no FROM agents WHERE id = ?", agent);
  if (!row) {
    database_.run("INSERT INTO agents (id) VALUES (?)", agent);
    row = database_.last_row();
  }
  remember(agents_, agent, *row);
  return *row;
}

std::int64_t RowNumbers::text(std::string_view text) {
  // The row number is the text's hash, so that no second index holds the texts again. Whoever finds
  // another text there takes the next number.
  auto row = static_cast<std::int64_t>(XXH3_64bits(text.data(), text.size()) >> 2U);
  for (;; ++row) {
    Rows found = database_.query("SELECT text FROM texts WHERE no = ?", row);
    if (!found.next()) break;
    if (found.view(0) == text) return row;
  }
  database_.run("INSERT INTO texts (no, text) VALUES (?, ?)", row, text);
  return row;
}

void RowNumbers::note_build(std::int64_t stream, const std::string& build) {
  const std::pair key{stream, build};
  if (builds_.contains(key)) return;
  const std::int64_t row = text(build);
  database_.run("INSERT OR IGNORE INTO stream_builds (stream, build) VALUES (?, ?)", stream, row);
  remember(builds_, key, row);
}

void RowNumbers::forget() {
  runs_.clear();
  steps_.clear();
  streams_.clear();
  agents_.clear();
  builds_.clear();
}

}  // namespace drover::scheduler
