#pragma once

namespace drover::scheduler {

inline constexpr int page_bytes = 16384;
inline constexpr int page_checksum_bytes = 8;  ///< At the end of each page; SQLite keeps them free.

/// The name of a VFS that gives each page of a database file a checksum when it is written and
/// looks at it when it is read: SQLite itself would take a flipped bit in a row for data.
///
/// Files     Database files with pages of `page_bytes`, which reserve `page_checksum_bytes`.
///           Everything else passes through: the write-ahead log has checksums of its own.
/// Errors    A page that does not fit reads as SQLITE_IOERR_DATA.
/// Source    XXH3 (64 bits, little endian), seeded with the page's number, so that a page in
/// another
///           one's place is found too. The idea is that of SQLite's cksumvfs extension.
/// Shared memory for the log is not offered: such a database opens with exclusive locking only.
const char* checksum_vfs();

}  // namespace drover::scheduler
