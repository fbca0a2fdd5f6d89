#include "scheduler/store/sqlite.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "common/check.hpp"

namespace drover::scheduler {
namespace {

ErrorCode code_of(int extended, int system_errno) {
  if (extended == SQLITE_IOERR_WRITE && (system_errno == ENOSPC || system_errno == EDQUOT)) {
    return ErrorCode::Full;
  }
  switch (extended & 0xff) {
    case SQLITE_FULL:
      return ErrorCode::Full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::Invalid;
    case SQLITE_IOERR:
      // A checksum that does not fit, or a file that ends too early.
      return extended == SQLITE_IOERR_DATA || extended == SQLITE_IOERR_SHORT_READ
                 ? ErrorCode::Invalid
                 : ErrorCode::Internal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::Busy;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return ErrorCode::Unavailable;
    default:
      return ErrorCode::Internal;
  }
}

std::string advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::Full:
      return "; nothing of this group was kept: free some space";
    case ErrorCode::Invalid:
      return "; the database is damaged and nothing in it was overwritten: restore a backup, or "
             "move the folder away to start empty";
    default:
      return "";
  }
}

}  // namespace

Rows::~Rows() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Rows::next() {
  if (statement_ == nullptr || !database_->ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->note(code, sqlite3_sql(statement_));
  return false;
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Rows::real(int column) const { return sqlite3_column_double(statement_, column); }
std::string_view Rows::view(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& file, const char* vfs) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
  std::unique_ptr<Database> database(new Database(handle, file));
  if (code != SQLITE_OK) {
    database->note(code, "opening it");
    return tl::unexpected<Error>(database->take().error());
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_wal_hook(
      handle,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      database.get());
  return database;
}

Database::Database(sqlite3* handle, std::string file) : handle_(handle), file_(std::move(file)) {}

Database::~Database() {
  for (const auto& [text, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

sqlite3_stmt* Database::prepared(Sql sql) {
  if (error_) return nullptr;
  sqlite3_stmt*& statement = statements_[sql.text];
  if (statement == nullptr) {
    const int code =
        sqlite3_prepare_v3(handle_, sql.text, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
      note(code, sql.text);
      statements_.erase(sql.text);
      return nullptr;
    }
  }
  CHECK(sqlite3_stmt_busy(statement) == 0, "still open: {}", sql.text);
  return statement;
}

void Database::finish(sqlite3_stmt* statement) {
  if (statement == nullptr) return;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
  }
  if (code != SQLITE_DONE) note(code, sqlite3_sql(statement));
  sqlite3_reset(statement);
}

void Database::note(int code, std::string_view what) {
  if (error_) return;
  const int extended = handle_ == nullptr ? code : sqlite3_extended_errcode(handle_);
  const int system = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
  const ErrorCode kind = code_of(extended == SQLITE_OK ? code : extended, system);
  const char* why = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  error_ = Error{kind,
                 fmt::format("{}: {} ({}, while: {}){}", file_, why, extended, what, advice(kind))};
}

void Database::bound(int code) {
  if (code != SQLITE_OK) note(code, "binding a value");
}
void Database::bind(sqlite3_stmt* statement, int position, double value, Lifetime) {
  if (statement != nullptr) bound(sqlite3_bind_double(statement, position, value));
}
void Database::bind(sqlite3_stmt* statement, int position, std::string_view text,
                    Lifetime lifetime) {
  if (statement == nullptr) return;
  const char* begin = text.data() == nullptr ? "" : text.data();
  bound(sqlite3_bind_text64(statement, position, begin, text.size(), lifetime, SQLITE_UTF8));
}
void Database::bind(sqlite3_stmt* statement, int position, const BlobView& blob,
                    Lifetime lifetime) {
  if (statement == nullptr) return;
  // A null pointer would be NULL, which is not the empty blob.
  const char* begin = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  bound(sqlite3_bind_blob64(statement, position, begin, blob.bytes.size(), lifetime));
}

void Database::script(const std::string& statements) {
  if (error_) return;
  const int code = sqlite3_exec(handle_, statements.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) note(code, statements);
}

std::string Database::pragma(const std::string& expression) {
  if (error_) return {};
  const std::string text = "PRAGMA " + expression;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, text.c_str(), -1, &statement, nullptr);
  std::string value;
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      const auto* found = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      value = found == nullptr ? "" : found;
    }
  }
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) note(code, text);
  sqlite3_finalize(statement);
  return value;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }
bool Database::changed() const { return sqlite3_changes64(handle_) > 0; }

void Database::refuse(ErrorCode code, std::string context) {
  if (!error_) error_ = Error{code, std::move(context)};
}

void Database::damaged(std::string_view what) {
  refuse(ErrorCode::Invalid, fmt::format("{}: {}{}", file_, what, advice(ErrorCode::Invalid)));
}

Result<void> Database::take() {
  if (!error_) return {};
  Error error = *std::move(error_);
  error_.reset();
  return tl::unexpected<Error>(std::move(error));
}

void Database::roll_back() {
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::checkpoint_from(int pages) {
  if (error_ || log_pages_ < pages) return;
  if (checkpoint(SQLITE_CHECKPOINT_PASSIVE)) log_pages_ = 0;
}

void Database::empty_log() {
  if (!error_) checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

bool Database::checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  if (code == SQLITE_OK) return true;
  const ErrorCode kind = code_of(sqlite3_extended_errcode(handle_), sqlite3_system_errno(handle_));
  if (kind != ErrorCode::Full) note(code, "copying the log into the database");
  return false;
}

void Database::reserve_bytes(int bytes) {
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

int Database::reserved_bytes() {
  int bytes = -1;  // asks
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
  return bytes;
}

void Database::leave_files_alone(bool alone) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, alone ? 1 : 0, nullptr);
}

}  // namespace drover::scheduler
