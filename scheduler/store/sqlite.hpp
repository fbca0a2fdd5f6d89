#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/ids.hpp"
#include "common/result.hpp"

/// The only file that calls SQLite.
namespace drover::scheduler {

/// SQL that stands in the source: statements are prepared once and found again by its address.
struct Sql {
  // NOLINTNEXTLINE(google-explicit-constructor): so that a literal can be passed.
  consteval Sql(const char* literal) : text(literal) {}
  const char* text;
};

/// Bytes to bind as a blob, by view.
struct BlobView {
  std::string_view bytes;
};

class Database;

/// The rows of a query, one at a time. Ends early where the database has an error.
class Rows {
 public:
  Rows(Rows&& other) noexcept : database_(other.database_), statement_(other.statement_) {
    other.statement_ = nullptr;
  }
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  bool next();  ///< Moves to the next row; false after the last one and after an error.

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  /// Unsigned numbers are stored bit by bit.
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  template <class T>
  T number(int column) const {
    return static_cast<T>(integer(column));
  }
  double real(int column) const;
  std::string_view view(int column) const;  ///< Text or blob, valid until the next row.
  std::string text(int column) const { return std::string(view(column)); }
  /// An id; all zeros where the column is not 16 bytes.
  template <class Id>
  Id id(int column) const {
    Id found;
    const std::string_view bytes = view(column);
    if (bytes.size() == found.bytes.size()) bytes.copy(as_chars(found), bytes.size());
    return found;
  }

 private:
  friend class Database;
  Rows(Database* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  template <class Id>
  static char* as_chars(Id& id) {
    return reinterpret_cast<char*>(id.bytes.data());
  }

  Database* database_;
  sqlite3_stmt* statement_;  // null: there was an error
};

/// One SQLite connection that remembers its first error: after it nothing is done any more until
/// the error is taken. So a group of statements reads like prose and is judged once, at its end.
///
/// Threads  One at a time.
/// Errors   Full: the disk (or the page limit) is full. Invalid: the file is damaged or no
/// database.
///          Busy: somebody else holds it. Unavailable: it cannot be opened. Internal: the rest.
class Database {
 public:
  /// `file` as SQLite takes it; it must be there, or be `:memory:`.
  /// `vfs`: which of SQLite's file systems; null for its own.
  static Result<std::unique_ptr<Database>> open(const std::string& file, const char* vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Binds `arguments` in order, without copying, and runs the statement to its end.
  template <class... Arguments>
  void run(Sql sql, const Arguments&... arguments) {
    sqlite3_stmt* statement = prepared(sql);
    int position = 0;
    (bind(statement, ++position, arguments, SQLITE_STATIC), ...);
    finish(statement);
  }

  /// Binds copies of `arguments`. At most one query with this text is open at a time.
  template <class... Arguments>
  Rows query(Sql sql, const Arguments&... arguments) {
    sqlite3_stmt* statement = prepared(sql);
    int position = 0;
    (bind(statement, ++position, arguments, SQLITE_TRANSIENT), ...);
    return Rows(this, statement);
  }

  /// The first column of the first row, if there is one and it is not NULL.
  template <class... Arguments>
  std::optional<std::int64_t> one(Sql sql, const Arguments&... arguments) {
    Rows rows = query(sql, arguments...);
    if (!rows.next() || rows.is_null(0)) return std::nullopt;
    return rows.integer(0);
  }

  void script(const std::string& statements);         ///< Many statements, none of them bound.
  std::string pragma(const std::string& expression);  ///< First column of the first row.
  std::int64_t last_row() const;                      ///< Row number of the newest insert.
  bool changed() const;                               ///< Did the newest run() change any row?

  const std::string& file() const { return file_; }
  bool ok() const { return !error_; }
  void refuse(ErrorCode code, std::string context);  ///< Records an error of ours.
  void damaged(std::string_view what);               ///< Records that the file is damaged.
  Result<void> take();                               ///< The error, which is then forgotten.

  /// Drops an open transaction, whatever the state.
  void roll_back();

  /// Copies the write-ahead log into the database once it has grown to `pages`. An I/O error of
  /// that copy is an error like any other; a full disk only leaves the log longer.
  void checkpoint_from(int pages);

  /// Copies all of the log and leaves it empty; on a full disk it stays.
  void empty_log();

  /// Bytes at the end of each page that SQLite leaves alone. Set before the first table is made.
  void reserve_bytes(int bytes);
  int reserved_bytes();

  /// Closing then leaves the files as they are: nothing is copied from the log.
  void leave_files_alone(bool alone);

 private:
  explicit Database(sqlite3* handle, std::string file);
  friend class Rows;

  sqlite3_stmt* prepared(Sql sql);
  void finish(sqlite3_stmt* statement);
  void note(int code, std::string_view what);
  bool checkpoint(int mode);

  using Lifetime = sqlite3_destructor_type;
  void bound(int code);
  template <std::integral T>
  void bind(sqlite3_stmt* statement, int position, T value, Lifetime) {
    if (statement != nullptr) {
      bound(sqlite3_bind_int64(statement, position, static_cast<std::int64_t>(value)));
    }
  }
  void bind(sqlite3_stmt* statement, int position, double value, Lifetime);
  void bind(sqlite3_stmt* statement, int position, std::string_view text, Lifetime lifetime);
  void bind(sqlite3_stmt* statement, int position, const BlobView& blob, Lifetime lifetime);
  template <class Tag>
  void bind(sqlite3_stmt* statement, int position, const Id128<Tag>& id, Lifetime lifetime) {
    const auto* bytes = reinterpret_cast<const char*>(id.bytes.data());
    bind(statement, position, BlobView{{bytes, id.bytes.size()}}, lifetime);
  }
  template <class T>
  void bind(sqlite3_stmt* statement, int position, const std::optional<T>& value,
            Lifetime lifetime) {
    if (value) {
      bind(statement, position, *value, lifetime);
    } else if (statement != nullptr) {
      bound(sqlite3_bind_null(statement, position));
    }
  }

  sqlite3* handle_;
  std::string file_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<Error> error_;
  int log_pages_ = 0;  // of the write-ahead log after the newest commit
};

}  // namespace drover::scheduler
