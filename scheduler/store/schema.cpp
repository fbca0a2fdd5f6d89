#include "scheduler/store/schema.hpp"

#include <fmt/format.h>

namespace drover::scheduler {
namespace {

constexpr const char* tables = R"(
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  name TEXT NOT NULL,
  results TEXT NOT NULL,
  parent BLOB,
  reuses INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  file TEXT NOT NULL,
  working_directory TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  workflow TEXT NOT NULL,
  unlisted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX unfinished_runs ON runs (no) WHERE state = 1;
CREATE INDEX unlisted_runs ON runs (no) WHERE unlisted = 1;

CREATE TABLE run_inputs (
  run INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_tasks (
  run INTEGER NOT NULL,
  position INTEGER NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
  no INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  step INTEGER NOT NULL,
  name TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  opening_epoch INTEGER,
  opening_seq INTEGER,
  count INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  opened_ms INTEGER,
  ended_ms INTEGER,
  call_seconds REAL NOT NULL DEFAULT 0,
  slot_seconds REAL NOT NULL DEFAULT 0,
  kept INTEGER NOT NULL DEFAULT 0,
  list INTEGER,
  list_size INTEGER,
  UNIQUE (run, step)
) STRICT;

CREATE TABLE ranges (
  step INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  fate INTEGER NOT NULL,
  PRIMARY KEY (step, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE streams (
  no INTEGER PRIMARY KEY,
  step INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  UNIQUE (step, epoch, lease)
) STRICT;

CREATE TABLE inherited (
  step INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  PRIMARY KEY (step, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE stream_builds (
  stream INTEGER NOT NULL,
  build INTEGER NOT NULL,
  PRIMARY KEY (stream, build)
) STRICT, WITHOUT ROWID;

CREATE TABLE taken_over (
  step INTEGER PRIMARY KEY,
  complete INTEGER NOT NULL
) STRICT;

CREATE TABLE reused (
  step INTEGER PRIMARY KEY,
  from_step INTEGER NOT NULL
) STRICT;

CREATE TABLE moved (
  step INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  from_step INTEGER NOT NULL,
  from_first INTEGER NOT NULL,
  PRIMARY KEY (step, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE moved_from (
  step INTEGER NOT NULL,
  from_step INTEGER NOT NULL,
  PRIMARY KEY (step, from_step)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
  key INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  agent INTEGER,
  slot INTEGER,
  epoch INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  stored_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  shape BLOB NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE failures (
  step INTEGER NOT NULL,
  item INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  signature INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  seconds REAL NOT NULL,
  final INTEGER NOT NULL,
  failed_ms INTEGER NOT NULL,
  PRIMARY KEY (step, item, attempt, epoch, lease)
) STRICT, WITHOUT ROWID;

CREATE TABLE failure_groups (
  step INTEGER NOT NULL,
  signature INTEGER NOT NULL,
  count INTEGER NOT NULL,
  example INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  PRIMARY KEY (step, signature)
) STRICT, WITHOUT ROWID;

CREATE TABLE texts (
  no INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE agents (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  incarnation INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL DEFAULT '',
  joined INTEGER NOT NULL DEFAULT 0,
  joined_ms INTEGER
) STRICT;

CREATE TABLE tasks (
  name TEXT PRIMARY KEY,
  signature TEXT NOT NULL,
  seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  no INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_run ON events (run);
)";

}  // namespace

void create_schema(Database& database) {
  database.script("BEGIN");
  database.script(tables);
  database.script(fmt::format("INSERT INTO store VALUES (1, {}, 0)", schema_version));
  database.script("COMMIT");
}

void delete_everything(Database& database) {
  database.script(
      "BEGIN;"
      "DELETE FROM runs; DELETE FROM run_inputs; DELETE FROM run_tasks; DELETE FROM steps;"
      "DELETE FROM ranges; DELETE FROM streams; DELETE FROM inherited; DELETE FROM stream_builds;"
      "DELETE FROM taken_over;"
      "DELETE FROM reused; DELETE FROM moved; DELETE FROM moved_from; DELETE FROM segments;"
      "DELETE FROM failures; DELETE FROM failure_groups; DELETE FROM texts; DELETE FROM agents;"
      "DELETE FROM tasks; DELETE FROM events; UPDATE store SET epoch = 0;"
      "COMMIT");
}

}  // namespace drover::scheduler
