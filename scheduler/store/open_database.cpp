#include "scheduler/store/open_database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "scheduler/store/checksum_vfs.hpp"
#include "scheduler/store/log_check.hpp"
#include "scheduler/store/schema.hpp"

namespace drover::scheduler {
namespace {

namespace fs = std::filesystem;

constexpr int application_id = 0x44727672;  // "Drvr"
/// Above this the values are not read at every start: they carry checksums of their own.
constexpr std::uintmax_t full_check_bytes = 64U << 20U;

tl::unexpected<Error> damaged_file(const fs::path& file, std::string_view what) {
  return fail(ErrorCode::Invalid,
              fmt::format("{} is damaged: {}; nothing was overwritten: restore a backup, or move "
                          "the folder away to start empty",
                          file.string(), what));
}

bool synchronise_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool done = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return done;
}

/// Made under another name and renamed when complete: an empty `drover.db` is always damage.
Result<void> create(const fs::path& folder, const fs::path& file, const StoreOptions& options) {
  const fs::path draft = folder / "drover.db.new";
  std::error_code problem;
  fs::remove(draft, problem);
  fs::remove(draft.string() + "-journal", problem);
  const int descriptor =
      ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    return fail(errno == ENOSPC ? ErrorCode::Full : ErrorCode::Unavailable,
                fmt::format("{} cannot be made: {}", draft.string(), std::strerror(errno)));
  }
  ::close(descriptor);
  auto made = Database::open(draft, checksum_vfs());
  if (!made) return tl::unexpected<Error>(made.error());
  Database& database = **made;
  database.reserve_bytes(page_checksum_bytes);
  database.script(
      fmt::format("PRAGMA synchronous = {}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = {};"
                  "PRAGMA application_id = {}",
                  options.durable ? "FULL" : "OFF", page_bytes, application_id));
  create_schema(database);
  database.pragma("journal_mode = WAL");  // from now on an opening writes nothing
  if (auto done = database.take(); !done) return done;
  made->reset();
  if (::rename(draft.c_str(), file.c_str()) != 0 ||
      (options.durable && !synchronise_folder(folder))) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} cannot be made: {}", file.string(), std::strerror(errno)));
  }
  return {};
}

void read_back(Database& database, const std::string& pragma, std::string_view wanted) {
  const std::string found = database.pragma(pragma);
  if (database.ok() && found != wanted) {
    database.refuse(ErrorCode::Internal,
                    fmt::format("SQLite's {} is '{}' and must be '{}'", pragma, found, wanted));
  }
}

void set_up(Database& database, const StoreOptions& options) {
  // Exclusive locking comes before anything touches the log: then no shared memory file is made,
  // and a start on a full disk can read.
  database.pragma("locking_mode = EXCLUSIVE");
  database.pragma(options.durable ? "synchronous = FULL" : "synchronous = OFF");
  database.pragma("journal_mode = WAL");
  database.script(
      "PRAGMA cache_size = -4096; PRAGMA foreign_keys = OFF;"
      "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  read_back(database, "locking_mode", "exclusive");
  read_back(database, "journal_mode", "wal");
  read_back(database, "synchronous", options.durable ? "2" : "0");
  read_back(database, "page_size", std::to_string(page_bytes));
  read_back(database, "foreign_keys", "0");
  if (database.ok() && database.reserved_bytes() != page_checksum_bytes) {
    database.damaged("its pages have no checksums");
  }
}

void check_version(Database& database) {
  const auto version = database.one("SELECT version FROM store WHERE one = 1");
  if (!database.ok() || version == schema_version) return;
  if (!version) return database.damaged("its version is missing");
  const bool newer = *version > schema_version;
  const std::string way_out = newer ? "use the Drover that wrote it, or another folder"
                                    : "move its folder away, or use another";
  database.refuse(
      ErrorCode::Unsupported,
      fmt::format("{} was written by {} Drover (its schema is version {}, this Drover's "
                  "is {}); nothing was changed\n  {}:  --state DIR or DROVER_STATE",
                  database.file(), newer ? "a newer" : "an older", *version, schema_version,
                  way_out));
}

void check_tables(Database& database, const fs::path& file) {
  std::vector<std::string> checks{"quick_check(1)"};
  std::error_code problem;
  if (fs::file_size(file, problem) > full_check_bytes) {
    checks.clear();
    Rows rows = database.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'segments'");
    while (rows.next()) checks.push_back(fmt::format("quick_check({})", rows.text(0)));
  }
  for (const std::string& check : checks) {
    const std::string verdict = database.pragma(check);
    if (database.ok() && verdict != "ok") database.damaged(verdict);
  }
}

void check(Database& database, const fs::path& file) {
  if (database.pragma("application_id") != std::to_string(application_id) && database.ok()) {
    database.damaged("it is not a database of Drover's, or its header is broken");
  }
  check_version(database);
  check_tables(database, file);
}

}  // namespace

Result<std::unique_ptr<Database>> open_database(const fs::path& folder,
                                                const StoreOptions& options) {
  const fs::path file = folder / "drover.db";
  std::error_code problem;
  const auto bytes = fs::file_size(file, problem);
  if (problem == std::errc::no_such_file_or_directory) {
    const auto log_bytes = fs::file_size(file.string() + "-wal", problem);
    if (!problem && log_bytes > 0)
      return damaged_file(file, "it is gone, but its log drover.db-wal is there");
    if (auto made = create(folder, file, options); !made) {
      return tl::unexpected<Error>(made.error());
    }
  } else if (problem) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} cannot be read: {}", file.string(), problem.message()));
  } else if (bytes == 0) {
    return damaged_file(file, "it is empty");
  } else if (log_has_lost_commits(file.string() + "-wal")) {
    return damaged_file(file, "its log drover.db-wal has a bad part with good ones behind it");
  }

  auto opened = Database::open(file, checksum_vfs());
  if (!opened) return opened;
  Database& database = **opened;
  database.leave_files_alone(true);
  set_up(database, options);
  check(database, file);
  if (auto done = database.take(); !done) return tl::unexpected<Error>(done.error());
  database.leave_files_alone(false);
  database.empty_log();
  if (auto done = database.take(); !done) return tl::unexpected<Error>(done.error());
  if (options.max_pages > 0) database.pragma(fmt::format("max_page_count = {}", options.max_pages));
  return opened;
}

Result<std::unique_ptr<Database>> open_memory_database(const StoreOptions& options) {
  auto opened = Database::open(":memory:", nullptr);
  if (!opened) return opened;
  create_schema(**opened);
  if (options.max_pages > 0) {
    (*opened)->pragma(fmt::format("max_page_count = {}", options.max_pages));
  }
  if (auto done = (*opened)->take(); !done) return tl::unexpected<Error>(done.error());
  return opened;
}

}  // namespace drover::scheduler
